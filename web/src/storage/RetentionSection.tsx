import { Button, Group, Modal, Skeleton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { useRetention, useRunRetention } from '../api/storage';
import type { Project, Retention, RetentionStep } from '../api/types';
import { count, counted, exactly } from '../parts/format';
import { ProblemNote } from '../parts/ProblemNote';
import { Keeping } from './Keeping';
import { Runs } from './Runs';
import { began, dueAt, removals } from './words';

/** How long things are kept, what goes next, and what went before. */
export function RetentionSection({ project, hasColdTier }: { project: Project; hasColdTier: boolean }) {
  const retention = useRetention(project.id);
  const client = useQueryClient();
  const running = retention.data?.running ?? null;
  // What a run deleted is gone from the figures above.
  const ran = useRef(false);
  useEffect(() => {
    if (ran.current && !running) void client.invalidateQueries({ queryKey: ['storage', project.id] });
    ran.current = running !== null;
  }, [running, client, project.id]);
  return (
    <>
      <section id="retention">
        <h2>How long things are kept</h2>
        <Keeping
          key={project.id}
          project={project}
          hasColdTier={hasColdTier}
          nextRun={retention.data ? dueAt(retention.data.next_run_at) : 'within a day'}
          onSaved={() => retention.refetch()}
        />
      </section>
      <section>
        <h2>{running ? 'A run goes on' : 'Next run'}</h2>
        {retention.isError && !retention.data ? (
          <ProblemNote error={retention.error} onRetry={() => retention.refetch()} />
        ) : !retention.data ? (
          <Skeleton h={64} />
        ) : running ? (
          <Progress running={running} />
        ) : (
          <Next project={project.id} retention={retention.data} />
        )}
      </section>
      {retention.data && (
        <section>
          <h2>Last runs</h2>
          <Runs runs={retention.data.runs} />
        </section>
      )}
    </>
  );
}

function Next({ project, retention }: { project: string; retention: Retention }) {
  const [asking, setAsking] = useState(false);
  const run = useRunRetention(project);
  const gone = removals(retention.next);
  const start = () => {
    setAsking(false);
    run.mutate(undefined, {
      onError: (error) => notifications.show({ title: 'It was not started', message: error.message }),
    });
  };
  return (
    <>
      <p>
        <span title={exactly(retention.next_run_at)}>It begins {dueAt(retention.next_run_at)}</span>
        {gone.length === 0 ? ' and deletes nothing.' : ' and deletes for good:'}
      </p>
      {gone.length > 0 && (
        <ul className="words">
          {gone.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      {retention.next.to_cold > 0 && (
        <p>{counted(retention.next.to_cold, 'object')} will move to the cold tier.</p>
      )}
      <Button
        variant="default"
        className="start"
        loading={run.isPending}
        onClick={() => (gone.length > 0 ? setAsking(true) : start())}
      >
        Run now
      </Button>
      <Modal opened={asking} onClose={() => setAsking(false)} title="Delete this now?" centered>
        <ul className="words">
          {gone.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        <p>This cannot be undone.</p>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => setAsking(false)} data-autofocus>
            Cancel
          </Button>
          <Button color="red.9" onClick={start}>
            Delete now
          </Button>
        </Group>
      </Modal>
    </>
  );
}

/** What a run does, in words that a count can follow. */
const STEPS: Record<RetentionStep, string> = {
  recordings: 'Deleting recordings',
  sessions: 'Deleting sessions',
  events: 'Deleting events',
  cold: 'Moving recordings to the cold tier',
  records: 'Tidying up',
  other_projects: 'It is at other projects',
};

function Progress({ running }: { running: NonNullable<Retention['running']> }) {
  const { step, done, total, started_at } = running;
  return (
    <>
      <p>
        <span title={exactly(started_at)}>It began {began(started_at)}</span>. {STEPS[step]}
        {total > 0 && `: ${count(done)} of ${count(total)}`}
      </p>
      {total > 0 && (
        <div
          className="progress"
          role="progressbar"
          aria-label={STEPS[step]}
          aria-valuemin={0}
          aria-valuemax={total}
          aria-valuenow={Math.min(done, total)}
        >
          <span style={{ width: `${Math.min(100, (100 * done) / total)}%` }} />
        </div>
      )}
    </>
  );
}
