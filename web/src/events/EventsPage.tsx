import { Button } from '@mantine/core';
import { useCallback, useMemo } from 'react';
import { Link, useNavigate, useParams, useSearchParams } from 'react-router';
import { useProject } from '../api/queries';
import { ProblemNote } from '../parts/ProblemNote';
import { EventFeed } from './EventFeed';
import { EventFilterBar } from './EventFilterBar';
import { type EventFilters, eventQuery, readEventFilters, writeEventFilters } from './filters';

/** A project's events as they happen. The address holds the filters. */
export default function EventsPage() {
  const { project = '' } = useParams();
  const [params] = useSearchParams();
  const navigate = useNavigate();
  const info = useProject(project);
  const filters = useMemo(() => readEventFilters(params), [params]);
  const text = writeEventFilters(filters).toString();
  // One moment per set of filters: "last hour" must not become another question while one reads.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the filters
  const query = useMemo(() => eventQuery(filters, Date.now()), [text, project]);

  const setFilters = useCallback(
    (next: EventFilters) => {
      const search = writeEventFilters(next).toString();
      navigate(`/p/${project}/events${search ? `?${search}` : ''}`);
    },
    [navigate, project],
  );
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the filters
  const onProperty = useCallback(
    (key: string, value: string) =>
      setFilters({ ...filters, properties: { ...filters.properties, [key]: value } }),
    [text, setFilters],
  );

  if (info.isError) return <ProblemNote error={info.error} onRetry={() => info.refetch()} />;
  return (
    <div className="wide">
      <h1>Events</h1>
      <EventFilterBar key={project} project={project} filters={filters} onChange={setFilters} />
      <EventFeed
        key={`${project} ${query}`}
        project={project}
        query={query}
        of="project"
        onProperty={onProperty}
        empty={
          text ? (
            <div className="empty">
              <strong>No event matches these filters</strong>
              <p>Widen the time or take a filter away. New events that match appear here by themselves.</p>
              <Button size="xs" variant="default" onClick={() => setFilters({})}>
                Clear filters
              </Button>
            </div>
          ) : (
            <div className="empty">
              <strong>No events yet</strong>
              <p>
                Events tell what people do by name: a page viewed, a sign-up, a payment. Put the OpenPanel SDK
                into your page, or send them from a program; the first one appears here within seconds.
              </p>
              <Button size="xs" component={Link} to={`/p/${project}/setup/openpanel`}>
                Set up events
              </Button>
            </div>
          )
        }
      />
    </div>
  );
}
