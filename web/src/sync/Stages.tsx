import { Switch } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { usePauseStage } from '../api/sync';
import type { SyncStage } from '../api/types';

import { amountOf, STAGES } from './words';

/** What can be paused for everybody at once. */
export function Stages({ stages }: { stages: SyncStage[] }) {
  return (
    <section aria-label="Stages">
      <h2>For all projects at once</h2>
      <div className="sync-stages">
        {stages.map((stage) => (
          <Stage key={stage.stage} stage={stage} />
        ))}
      </div>
    </section>
  );
}

function Stage({ stage }: { stage: SyncStage }) {
  const pause = usePauseStage();
  const { name, what } = STAGES[stage.stage];
  const waiting =
    stage.behind > 0 ? ` ${amountOf(stage)} ${stage.stage === 'tidy' ? 'keys' : 'rows'} wait.` : '';
  return (
    <Switch
      label={name}
      description={`${what}${waiting}`}
      checked={!(pause.isPending ? pause.variables.paused : stage.paused)}
      disabled={pause.isPending}
      onChange={(e) =>
        pause.mutate(
          { stage: stage.stage, paused: !e.currentTarget.checked },
          {
            onError: (error) => notifications.show({ title: 'Nothing was changed', message: error.message }),
          },
        )
      }
    />
  );
}
