import './erasure.css';
import type { ProfileWithCounts } from '../api/types';
import { counted } from '../parts/format';
import EraseDialog from './EraseDialog';

interface Props {
  project: string;
  id: string;
  name: string;
  /** What is known of the person; absent when only sessions name them. */
  profile: ProfileWithCounts | undefined;
  opened: boolean;
  onClose: (erased: boolean) => void;
}

/** Erases a person: who they are, and everything they did. */
export default function ErasePerson({ project, id, name, profile, opened, onClose }: Props) {
  return (
    <EraseDialog
      project={project}
      kind="profile"
      id={id}
      title={`Erase ${name}?`}
      word={id}
      what={[
        'Who they are: id, name, e-mail address, properties, groups',
        profile && profile.sessions > 0
          ? `${counted(profile.sessions, 'session')}, with what was recorded in them`
          : 'All their sessions, with what was recorded in them',
        profile
          ? `${counted(profile.events, 'event')}${profile.revenue > 0 ? ', and the revenue they tell of' : ''}`
          : 'All their events',
        'What was recorded anonymously on devices that were only ever theirs',
      ]}
      opened={opened}
      onClose={onClose}
    >
      <p>
        What is sent of this person afterwards is refused, until you allow it again on the Erasures page. The
        receipt names nobody: keep it if you have to prove the erasure.
      </p>
    </EraseDialog>
  );
}
