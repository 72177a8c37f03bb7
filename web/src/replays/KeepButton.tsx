import { ActionIcon, Tooltip } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconStar, IconStarFilled } from '@tabler/icons-react';
import { useKeep } from '../api/storage';
import type { Session } from '../api/types';
import { who } from './who';

interface Props {
  project: string;
  session: Session;
  className?: string;
  /** Whether it stands among others of its kind, and has to say which one it is. */
  named?: boolean;
}

/** The star of a session: what has one is kept for as long as the project keeps such sessions. */
export function KeepButton({ project, session, className, named = false }: Props) {
  const keep = useKeep(project);
  const kept = Boolean(session.kept_at);
  const toggle = () =>
    keep.mutate(
      { session, keep: !kept },
      {
        onError: (error) =>
          notifications.show({ title: kept ? 'It is still kept' : 'It is not kept', message: error.message }),
      },
    );
  return (
    <Tooltip
      label={
        kept ? 'Kept longer than others. Click to keep it no longer than them' : 'Keep it longer than others'
      }
    >
      <ActionIcon
        variant="subtle"
        color={kept ? undefined : 'gray'}
        className={className}
        aria-label={named ? `Keep the session of ${who(session)}` : 'Keep this session'}
        aria-pressed={kept}
        onClick={toggle}
      >
        {kept ? <IconStarFilled size={16} /> : <IconStar size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}
