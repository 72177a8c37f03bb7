import { Button, Checkbox, Group, Modal, NumberInput } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { type FormEvent, useId, useState } from 'react';
import { ApiProblem } from '../api/client';
import { useChangeProject } from '../api/queries';
import type { Project, RetentionDays } from '../api/types';
import { shortened } from './words';

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
  const [asking, setAsking] = useState<string[] | null>(null);
  const change = useChangeProject(project.id);
  const problem = change.error instanceof ApiProblem ? change.error : null;
  const changed = FIELDS.some(({ key }) => draft[key] !== project[key]);

  const save = () => {
    setAsking(null);
    change.mutate(draft as RetentionDays, {
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
    const less = shortened(project, draft as RetentionDays);
    if (less.length > 0) setAsking(less);
    else save();
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
      <Modal opened={asking !== null} onClose={() => setAsking(null)} title="Keep less than before?" centered>
        <ul className="words">
          {asking?.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
        <p>
          What is older than that is deleted for good by the next run, {nextRun}. Once this is saved, this
          page tells how much that will be; until the run you can change your mind.
        </p>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => setAsking(null)} data-autofocus>
            Cancel
          </Button>
          <Button color="red.9" onClick={save}>
            Keep less
          </Button>
        </Group>
      </Modal>
    </form>
  );
}

interface DaysProps {
  field: Field;
  value: number | string | null;
  error: string | undefined;
  onChange: (value: number | string | null) => void;
}

function Days({ field, value, error, onChange }: DaysProps) {
  const id = useId();
  const endless = value === null;
  return (
    <fieldset className="keeping-field">
      <legend>{field.label}</legend>
      <div className="keeping-choice">
        <NumberInput
          aria-label={`${field.label}: days`}
          aria-describedby={error ? `${id}-error` : `${id}-what`}
          // The server says what is wrong with a number, in its own words.
          clampBehavior="none"
          allowDecimal={false}
          hideControls
          suffix={value === 1 ? ' day' : ' days'}
          placeholder={endless ? field.never : 'days'}
          value={value ?? ''}
          disabled={endless}
          error={Boolean(error)}
          onChange={onChange}
          w={128}
        />
        <Checkbox
          label={field.never}
          checked={endless}
          onChange={(e) => onChange(e.currentTarget.checked ? null : '')}
        />
      </div>
      {error && (
        <p className="bad" id={`${id}-error`} role="alert">
          {error}
        </p>
      )}
      <p className="dim" id={`${id}-what`}>
        {field.what}
      </p>
    </fieldset>
  );
}
