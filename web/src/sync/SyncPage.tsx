import './sync.css';
import { Button, Skeleton } from '@mantine/core';
import { IconPlayerPause, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { Link, useParams, useSearchParams } from 'react-router';
import { useProject } from '../api/queries';
import { usePauseStage, useSyncStatus } from '../api/sync';
import type { SyncStatus } from '../api/types';
import { count } from '../parts/format';
import { ProblemNote } from '../parts/ProblemNote';
import { AddSink } from './AddSink';
import { Quarantine } from './Quarantine';
import { SinkSection } from './SinkSection';
import { Stages } from './Stages';
import { ageOf, amountOf, rateOf, STAGES } from './words';

/** Copies of rows and events elsewhere: how far they are and what keeps them, in one scope at a time. */
export default function SyncPage() {
  const { project: id = '' } = useParams();
  const [params] = useSearchParams();
  const all = params.get('scope') === 'all';
  const info = useProject(id);
  const sync = useSyncStatus(all ? null : id);
  const [adding, setAdding] = useState(false);
  if (info.isError) return <ProblemNote error={info.error} onRetry={() => info.refetch()} />;
  return (
    <div className="wide sync" key={id}>
      <div className="page-head">
        <h1>Sync</h1>
        <Button
          size="xs"
          variant="default"
          leftSection={<IconPlus size={14} aria-hidden="true" />}
          onClick={() => setAdding(true)}
        >
          Add a database
        </Button>
      </div>
      <Scopes project={id} name={info.data?.name} all={all} />
      {sync.isError && !sync.data ? (
        <ProblemNote error={sync.error} onRetry={() => sync.refetch()} />
      ) : !sync.data ? (
        <Skeleton h={240} />
      ) : (
        <>
          {sync.isError && (
            <p className="bad" role="alert">
              These figures are old: {sync.error.message}
            </p>
          )}
          <Pauses status={sync.data} />
          {sync.data.sinks.length === 0 ? (
            <Empty />
          ) : (
            <>
              <Figures status={sync.data} />
              {sync.data.sinks.map((sink) => (
                <SinkSection key={sink.id} sink={sink} project={all ? null : id} />
              ))}
            </>
          )}
          {!all && <Quarantine project={id} status={sync.data} />}
          <Stages stages={sync.data.stages} />
        </>
      )}
      <AddSink project={id} opened={adding} onClose={() => setAdding(false)} />
    </div>
  );
}

/** Everything on the page is of the one scope that is chosen here. */
function Scopes({ project, name, all }: { project: string; name: string | undefined; all: boolean }) {
  return (
    <nav className="subnav" aria-label="Scope">
      <Link to={`/p/${project}/sync`} aria-current={all ? undefined : 'page'} className="subnav-entry">
        {name ?? 'This project'}
      </Link>
      <Link
        to={`/p/${project}/sync?scope=all`}
        aria-current={all ? 'page' : undefined}
        className="subnav-entry"
      >
        All projects
      </Link>
    </nav>
  );
}

/** Said first: whoever wonders why nothing arrives finds it here. */
function Pauses({ status }: { status: SyncStatus }) {
  const pause = usePauseStage();
  const paused = status.stages.filter((stage) => stage.paused && stage.stage !== 'tidy');
  return paused.map(({ stage }) => (
    <div key={stage} className="sync-paused" role="status">
      <IconPlayerPause size={18} aria-hidden="true" />
      <p>{STAGES[stage].paused}</p>
      <Button
        size="xs"
        variant="default"
        loading={pause.isPending}
        onClick={() => pause.mutate({ stage, paused: false })}
      >
        Go on
      </Button>
    </div>
  ));
}

function Empty() {
  return (
    <div className="empty">
      <strong>Nothing is copied anywhere yet</strong>
      <p>
        Have people, sessions, recordings and events copied to a PostgreSQL of yours: everything that is here
        first, then each change within a second, deletions included. Recordings themselves stay here; what is
        copied is that they are there.
      </p>
    </div>
  );
}

/** The sums of what stands below. */
function Figures({ status }: { status: SyncStatus }) {
  const { totals } = status;
  const age = ageOf(totals.oldest_at, Date.parse(status.generated_at));
  const figures: [string, string, boolean?][] = [
    ['Rows behind', amountOf(totals)],
    ['Oldest of them', age || '–'],
    ['Throughput', rateOf(totals.rows_per_second)],
    ['In quarantine', count(totals.quarantined), totals.quarantined > 0],
  ];
  return (
    <dl className="sync-figures" aria-label="All databases together">
      {figures.map(([name, value, bad]) => (
        <div key={name}>
          <dt>{name}</dt>
          <dd className={bad ? 'bad' : undefined}>{value}</dd>
        </div>
      ))}
    </dl>
  );
}
