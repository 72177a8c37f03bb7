import './people.css';
import { Button, CloseButton } from '@mantine/core';
import { Link, useParams, useSearchParams } from 'react-router';
import { useProject } from '../api/queries';
import { ProblemNote } from '../parts/ProblemNote';
import { SearchField } from '../parts/SearchField';
import { PeopleNav } from './PeopleNav';
import { ProfileRows } from './ProfileRows';

/** The people a project's events tell of. The address holds what is searched for. */
export default function PeoplePage() {
  const { project = '' } = useParams();
  const [params, setParams] = useSearchParams();
  const info = useProject(project);
  const q = params.get('q')?.trim() ?? '';
  const group = params.get('group')?.trim() ?? '';
  const set = (key: 'q' | 'group', value: string) => {
    const next = new URLSearchParams(params);
    if (value) next.set(key, value);
    else next.delete(key);
    setParams(next, { replace: key === 'q' });
  };
  if (info.isError) return <ProblemNote error={info.error} onRetry={() => info.refetch()} />;
  return (
    <div className="wide">
      <h1>People</h1>
      <PeopleNav project={project} here="people" />
      <search className="filters" aria-label="Filters">
        <SearchField
          label="Name, e-mail or id contains"
          placeholder="Name, e-mail or id"
          value={q}
          onChange={(value) => set('q', value)}
        />
        {group && (
          <span className="chip">
            <span>in the group “{group}”</span>
            <CloseButton
              size={20}
              iconSize={12}
              aria-label={`Remove the filter group ${group}`}
              onClick={() => set('group', '')}
            />
          </span>
        )}
      </search>
      <ProfileRows
        project={project}
        filter={{ ...(q ? { q } : {}), ...(group ? { group } : {}) }}
        empty={
          q || group ? (
            <div className="empty">
              <strong>Nobody matches</strong>
              <p>Search for a part of a name, an e-mail address or an id.</p>
              <Button size="xs" variant="default" onClick={() => setParams({})}>
                Show everybody
              </Button>
            </div>
          ) : (
            <div className="empty">
              <strong>No people yet</strong>
              <p>
                A person appears here once your page says who they are, with the SDK's <code>identify</code>.
                Until then their events are anonymous.
              </p>
              <Button size="xs" component={Link} to={`/p/${project}/setup/openpanel`}>
                See how
              </Button>
            </div>
          )
        }
      />
    </div>
  );
}
