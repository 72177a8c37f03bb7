import { Button, Checkbox, Group, Modal, NumberInput, Skeleton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useRef, useState } from 'react';
import { ApiProblem } from '../api/client';
import { useChangeProject } from '../api/queries';
import { useRetentionPreview } from '../api/storage';
import type { Project, RetentionDays } from '../api/types';
import { removals, shortened } from './words';

interface Field {
  key: keyof RetentionDays;
  label: string;
  what: string;
  never: string;
}

const FIELDS: Field[] = [
  {
    key: 'recording_days',
    label: 'Recordings',
    what: 'From the last event of the session on.',
    never: 'For ever',
  },
  { key: 'event_days', label: 'Events', what: 'From the start of their session on.', never: 'For ever' },
  {
    key: 'kept_days',
    label: 'Kept sessions',
    what: 'Those with a star, recordings and events, where this is longer.',
    never: 'For ever',
  },
  {
    key: 'cold_after_days',
    label: 'Move recordings to the cold tier after',
    what: 'They can be watched there as before, for less money.',
    never: 'Never',
  },
];

type Draft = Record<keyof RetentionDays, number | string | null>;

function draftOf({ recording_days, event_days, kept_days, cold_after_days }: RetentionDays): Draft {
  return { recording_days, event_days, kept_days, cold_after_days };
}

function isDays(value: number | null): boolean {
  return value === null || (Number.isInteger(value) && value >= 1 && value <= 36_500);
}

interface Props {
  project: Project;
  /** Whether there is a cold tier to move to. */
  hasColdTier: boolean;
  /** When what is too old is deleted next, in words. */
  nextRun: string;
  onSaved: () => void;
}

/** How long a project keeps things. Nothing is kept shorter than before without asking. */
export function Keeping({ project, hasColdTier, nextRun, onSaved }: Props) {
  const [draft, setDraft] = useState<Draft>(() => draftOf(project));
  const [missing, setMissing] = useState<(keyof RetentionDays)[]>([]);
  const [asking, setAsking] = useState<RetentionDays | null>(null);
  const change = useChangeProject(project.id);
  const problem = change.error instanceof ApiProblem ? change.error : null;
  const changed = FIELDS.some(({ key }) => draft[key] !== project[key]);

  const save = (next: RetentionDays) => {
    setAsking(null);
    change.mutate(next, {
      onSuccess: (saved) => {
        setDraft(draftOf(saved));
        notifications.show({ message: 'Saved' });
        onSaved();
      },
    });
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const empty = FIELDS.map(({ key }) => key).filter((key) => draft[key] === '');
    setMissing(empty);
    if (empty.length > 0) return;
    const next = draft as RetentionDays;
    // What is no number of days is the server's to refuse, in its own words.
    if (FIELDS.every(({ key }) => isDays(next[key])) && shortened(project, next).length > 0) setAsking(next);
    else save(next);
  };
  const set = (key: keyof RetentionDays, value: number | string | null) => {
    setDraft({ ...draft, [key]: value });
    setMissing(missing.filter((one) => one !== key));
  };
  const error = (key: keyof RetentionDays) =>
    missing.includes(key) ? 'How many days?' : problem?.field(key);
  return (
    <form onSubmit={submit} aria-label="Retention" noValidate>
      <div className="keeping">
        {FIELDS.filter(
          ({ key }) => key !== 'cold_after_days' || hasColdTier || project.cold_after_days !== null,
        ).map((field) => (
          <Days
            key={field.key}
            field={field}
            value={draft[field.key]}
            error={error(field.key)}
            onChange={(value) => set(field.key, value)}
          />
        ))}
      </div>
      {problem && problem.errors.length === 0 && (
        <p className="bad" role="alert">
          {problem.message}
        </p>
      )}
      <Group gap="xs" mt="sm">
        <Button type="submit" variant="default" loading={change.isPending} disabled={!changed}>
          Save retention
        </Button>
        {changed && (
          <Button
            variant="subtle"
            color="gray"
            onClick={() => {
              setDraft(draftOf(project));
              setMissing([]);
              change.reset();
            }}
          >
            Undo
          </Button>
        )}
      </Group>
      <KeepLess
        project={project}
        next={asking}
        nextRun={nextRun}
        onClose={() => setAsking(null)}
        onKeep={save}
      />
    </form>
  );
}

interface KeepLessProps {
  project: Project;
  /** What is about to be saved; null when nothing is asked. */
  next: RetentionDays | null;
  nextRun: string;
  onClose: () => void;
  onKeep: (next: RetentionDays) => void;
}

/** Says what a shorter retention will delete before it is saved. */
function KeepLess({ project, next, nextRun, onClose, onKeep }: KeepLessProps) {
  // What was asked last still stands while the dialog fades.
  const asked = useRef(next);
  if (next) asked.current = next;
  const days = asked.current;
  const preview = useRetentionPreview(project.id, days);
  const gone = preview.data ? removals(preview.data) : [];
  return (
    <Modal opened={next !== null} onClose={onClose} title="Keep less than before?" centered>
      <ul className="words">{days && shortened(project, days).map((line) => <li key={line}>{line}</li>)}</ul>
      <div aria-live="polite">
        {preview.isPending ? (
          <Skeleton h={64} />
        ) : preview.isError ? (
          <p>
            How much that will delete cannot be told now: {preview.error.message}. What is older is deleted
            for good by the next run.
          </p>
        ) : gone.length === 0 ? (
          <p>Nothing is older than that now: the next run, {nextRun}, deletes nothing.</p>
        ) : (
          <>
            <p>The next run, {nextRun}, will delete for good:</p>
            <ul className="words" data-testid="keep-less">
              {gone.map((line) => (
                <li key={line}>{line}</li>
              ))}
            </ul>
          </>
        )}
      </div>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={onClose} data-autofocus>
          Cancel
        </Button>
        <Button color="red.9" disabled={preview.isPending} onClick={() => next && onKeep(next)}>
          Keep less
        </Button>
      </Group>
    </Modal>
  );
}

interface DaysProps {
  field: Field;
  value: number | string | null;
  error: string | undefined;
  onChange: (value: number | string | null) => void;
}

function Days({ field, value, error, onChange }: DaysProps) {
  const endless = value === null;
  return (
    <NumberInput
      label={field.label}
      description={field.what}
      error={error}
      inputWrapperOrder={['label', 'input', 'error', 'description']}
      inputContainer={(input) => (
        <div className="keeping-choice">
          {input}
          <Checkbox
            label={field.never}
            aria-label={`${field.label}: ${field.never}`}
            checked={endless}
            onChange={(e) => onChange(e.currentTarget.checked ? null : '')}
          />
        </div>
      )}
      // The server says what is wrong with a number, in its own words.
      clampBehavior="none"
      allowDecimal={false}
      hideControls
      suffix={value === 1 ? ' day' : ' days'}
      placeholder={endless ? field.never : 'days'}
      value={value ?? ''}
      disabled={endless}
      onChange={onChange}
    />
  );
}
