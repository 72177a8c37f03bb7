import './erasure.css';
import { Link } from 'react-router';
import type { Session } from '../api/types';
import { bytes, counted } from '../parts/format';
import { who } from '../replays/who';
import EraseDialog from './EraseDialog';

interface Props {
  project: string;
  session: Session;
  opened: boolean;
  onErased: () => void;
  onClose: () => void;
}

/** Erases one session: its recording, its events, its line in the list. */
export default function EraseSession({ project, session, opened, onErased, onClose }: Props) {
  const { profile } = session;
  return (
    <EraseDialog
      project={project}
      kind="session"
      id={session.id}
      title={`Erase this session of ${who(session)}?`}
      word="erase"
      what={[
        session.has_recording
          ? `Its recording: ${counted(session.chunk_count, 'upload')}, ${bytes(session.raw_bytes)} of page content`
          : 'Its line in the list; it has no recording',
        ...(session.tracked_count > 0 ? [counted(session.tracked_count, 'event')] : []),
        'The pages it visited, its tabs, and what is known of its device and place',
      ]}
      opened={opened}
      onErased={onErased}
      onClose={onClose}
    >
      <p>What is still sent to this session afterwards is refused.</p>
      {profile && (
        <p className="dim">
          Other sessions of this person stay. All of them can be erased on{' '}
          <Link to={`/p/${project}/people/${encodeURIComponent(profile.id)}`} onClick={onClose}>
            the person's page
          </Link>
          .
        </p>
      )}
    </EraseDialog>
  );
}
