import './people.css';
import { Button, CloseButton, Skeleton, Table, UnstyledButton } from '@mantine/core';
import { Link, useParams, useSearchParams } from 'react-router';
import { useGroups } from '../api/people';
import { useProject } from '../api/queries';
import type { Group } from '../api/types';
import { count, exactly, when } from '../parts/format';
import { ProblemNote } from '../parts/ProblemNote';
import { SearchField } from '../parts/SearchField';
import { PeopleNav } from './PeopleNav';

/** The groups that people belong to, type by type. The address holds what is searched for. */
export default function GroupsPage() {
  const { project = '' } = useParams();
  const [params, setParams] = useSearchParams();
  const info = useProject(project);
  const q = params.get('q')?.trim() ?? '';
  const type = params.get('type')?.trim() ?? '';
  const list = useGroups(project, { ...(q ? { q } : {}), ...(type ? { type } : {}) });
  const groups = list.data?.pages.flatMap((p) => p.groups) ?? [];
  const set = (key: 'q' | 'type', value: string) => {
    const next = new URLSearchParams(params);
    if (value) next.set(key, value);
    else next.delete(key);
    setParams(next, { replace: key === 'q' });
  };
  if (info.isError) return <ProblemNote error={info.error} onRetry={() => info.refetch()} />;
  return (
    <div className="wide">
      <h1>Groups</h1>
      <PeopleNav project={project} here="groups" />
      <search className="filters" aria-label="Filters">
        <SearchField
          label="Name or id contains"
          placeholder="Name or id"
          value={q}
          onChange={(value) => set('q', value)}
        />
        {type && (
          <span className="chip">
            <span>of type “{type}”</span>
            <CloseButton
              size={20}
              iconSize={12}
              aria-label={`Remove the filter type ${type}`}
              onClick={() => set('type', '')}
            />
          </span>
        )}
      </search>
      {list.isError && groups.length === 0 ? (
        <ProblemNote error={list.error} onRetry={() => list.refetch()} />
      ) : list.isPending ? (
        <Skeleton h={160} />
      ) : groups.length === 0 ? (
        <div className="empty">
          <strong>{q || type ? 'No group matches' : 'No groups yet'}</strong>
          <p>
            A group is a company or a team. Define one with the SDK's <code>upsertGroup</code> and put people
            into it with <code>setGroup</code>.
          </p>
          {q || type ? (
            <Button size="xs" variant="default" onClick={() => setParams({})}>
              Show all groups
            </Button>
          ) : (
            <Button size="xs" component={Link} to={`/p/${project}/setup/openpanel`}>
              See how
            </Button>
          )}
        </div>
      ) : (
        <div data-stale={list.isPlaceholderData} className="people-list">
          <Rows project={project} groups={groups} onType={(t) => set('type', t)} />
          {list.hasNextPage && (
            <Button
              mt="sm"
              size="xs"
              variant="default"
              loading={list.isFetchingNextPage}
              onClick={() => list.fetchNextPage()}
            >
              Load more groups
            </Button>
          )}
        </div>
      )}
    </div>
  );
}

interface RowsProps {
  project: string;
  groups: Group[];
  onType: (type: string) => void;
}

function Rows({ project, groups, onType }: RowsProps) {
  return (
    <Table verticalSpacing={6} className="plain-table people-table" aria-label="Groups">
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Group</Table.Th>
          <Table.Th>Type</Table.Th>
          <Table.Th ta="right">People</Table.Th>
          <Table.Th className="wide-only">Changed</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {groups.map((group) => (
          <Table.Tr key={group.id}>
            <Table.Td className="cut">
              <Link to={`/p/${project}/groups/${encodeURIComponent(group.id)}`} className="person-link">
                {group.name || group.id}
              </Link>
            </Table.Td>
            <Table.Td className="cut">
              <UnstyledButton
                className="type-link"
                title={`Only groups of type ${group.type}`}
                onClick={() => onType(group.type)}
              >
                {group.type}
              </UnstyledButton>
            </Table.Td>
            <Table.Td ta="right">{count(group.profiles)}</Table.Td>
            <Table.Td className="nowrap dim wide-only" title={exactly(group.updated_at)}>
              {when(group.updated_at)}
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
