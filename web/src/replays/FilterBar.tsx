import { Button, Group, NumberInput, Stack } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { ChipBar } from '../parts/ChipBar';
import { TextEditor } from '../parts/TextEditor';
import { TimeEditor } from '../parts/TimeEditor';
import { chips, type FilterKind, type Filters, without } from './filters';

const KINDS: Record<FilterKind, string> = {
  time: 'Time',
  url: 'Page address',
  profile: 'Person',
  event: 'Event',
  recording: 'With recording',
  kept: 'Kept',
  length: 'Length',
  events: 'Recorded events',
  errors: 'With errors',
  live: 'Live now',
};

/** Filters that are on or off, and have nothing to edit. */
type Switch = 'errors' | 'live' | 'recording' | 'kept';

function isSwitch(kind: FilterKind): kind is Switch {
  return ['errors', 'live', 'recording', 'kept'].includes(kind);
}

/** What narrows the list of sessions. */
export function FilterBar({ filters, onChange }: { filters: Filters; onChange: (filters: Filters) => void }) {
  return (
    <ChipBar
      chips={chips(filters)}
      kinds={KINDS}
      editor={(kind, close) =>
        isSwitch(kind) ? null : (
          <Editor
            kind={kind}
            filters={filters}
            onDone={(next) => {
              close();
              onChange(next);
            }}
          />
        )
      }
      onSet={(kind) => onChange({ ...filters, [kind]: true })}
      onRemove={(kind) => onChange(without(filters, kind))}
      onClear={() => onChange({})}
    />
  );
}

interface EditorProps {
  kind: Exclude<FilterKind, Switch>;
  filters: Filters;
  onDone: (filters: Filters) => void;
}

function Editor({ kind, filters, onDone }: EditorProps) {
  const rest = without(filters, kind);
  const text = (key: 'url' | 'profile' | 'event', label: string, placeholder: string) => (
    <TextEditor
      label={label}
      placeholder={placeholder}
      value={filters[key]}
      onDone={(value) => onDone(value ? { ...rest, [key]: value } : rest)}
    />
  );
  switch (kind) {
    case 'time':
      return <TimeEditor value={filters} onDone={(stretch) => onDone({ ...rest, ...stretch })} />;
    case 'url':
      return text('url', "A page's address contains", '/checkout');
    case 'profile':
      return text('profile', 'Id, name or e-mail', 'mira@example.com');
    case 'event':
      return text('event', 'Name of an event that happened in it', 'signed_up');
    case 'events':
    case 'length':
      return <AmountEditor kind={kind} filters={filters} onDone={onDone} />;
  }
}

function AmountEditor({ kind, filters, onDone }: EditorProps & { kind: 'events' | 'length' }) {
  const [min, setMin] = useState<number | string>(
    (kind === 'events' ? filters.minEvents : filters.minSeconds) ?? '',
  );
  const [max, setMax] = useState<number | string>(filters.maxSeconds ?? '');
  const rest = without(filters, kind);
  const amount = (value: number | string) => (typeof value === 'number' && value > 0 ? value : undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (kind === 'events') onDone(amount(min) ? { ...rest, minEvents: amount(min) } : rest);
    else
      onDone({
        ...rest,
        ...(amount(min) ? { minSeconds: amount(min) } : {}),
        ...(amount(max) ? { maxSeconds: amount(max) } : {}),
      });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="xs" w={240}>
        {kind === 'events' ? (
          <NumberInput
            size="xs"
            label="At least this many recorded events"
            min={1}
            value={min}
            onChange={setMin}
            data-autofocus
          />
        ) : (
          <Group gap="xs" grow>
            <NumberInput
              size="xs"
              label="From (seconds)"
              min={1}
              value={min}
              onChange={setMin}
              data-autofocus
            />
            <NumberInput size="xs" label="To (seconds)" min={1} value={max} onChange={setMax} />
          </Group>
        )}
        <Button size="xs" type="submit">
          Apply
        </Button>
      </Stack>
    </form>
  );
}
