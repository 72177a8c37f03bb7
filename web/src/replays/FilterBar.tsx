import {
  Button,
  CloseButton,
  Group,
  Menu,
  NumberInput,
  Popover,
  Radio,
  Stack,
  TextInput,
  UnstyledButton,
} from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type FormEvent, useState } from 'react';
import { chips, type FilterKind, type Filters, WHENS, type When, without } from './filters';

const KINDS: Record<FilterKind, string> = {
  time: 'Time',
  url: 'Page address',
  profile: 'Person',
  length: 'Length',
  events: 'Number of events',
  errors: 'With errors',
  live: 'Live now',
};

/** The filters as chips one can read as a sentence, each of which opens to be changed. */
export function FilterBar({ filters, onChange }: { filters: Filters; onChange: (filters: Filters) => void }) {
  const [editing, setEditing] = useState<FilterKind | null>(null);
  const active = chips(filters);
  const shown =
    editing && !active.some((c) => c.kind === editing)
      ? [...active, { kind: editing, label: KINDS[editing] }]
      : active;
  const add = (kind: FilterKind) => {
    if (kind === 'errors') onChange({ ...filters, errors: true });
    else if (kind === 'live') onChange({ ...filters, live: true });
    else setTimeout(() => setEditing(kind), 0);
  };
  const left = (Object.keys(KINDS) as FilterKind[]).filter((kind) => !active.some((c) => c.kind === kind));
  return (
    <search className="filters" aria-label="Filters">
      {shown.map(({ kind, label }) => (
        <Popover
          key={kind}
          opened={editing === kind}
          onChange={(open) => setEditing(open ? kind : null)}
          position="bottom-start"
          shadow="sm"
          trapFocus
          returnFocus
          transitionProps={{ duration: 100 }}
        >
          <Popover.Target>
            <span className="chip">
              <UnstyledButton
                onClick={() =>
                  kind !== 'errors' && kind !== 'live' && setEditing(editing === kind ? null : kind)
                }
              >
                {label}
              </UnstyledButton>
              <CloseButton
                size={20}
                iconSize={12}
                aria-label={`Remove the filter ${label}`}
                onClick={() => {
                  setEditing(null);
                  onChange(without(filters, kind));
                }}
              />
            </span>
          </Popover.Target>
          <Popover.Dropdown>
            <Editor
              kind={kind}
              filters={filters}
              onDone={(next) => {
                setEditing(null);
                onChange(next);
              }}
            />
          </Popover.Dropdown>
        </Popover>
      ))}
      {left.length > 0 && (
        <Menu position="bottom-start" shadow="sm" width={180}>
          <Menu.Target>
            <Button size="compact-sm" variant="subtle" color="gray" leftSection={<IconPlus size={14} />}>
              Filter
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            {left.map((kind) => (
              <Menu.Item key={kind} onClick={() => add(kind)}>
                {KINDS[kind]}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {active.length > 1 && (
        <Button size="compact-sm" variant="subtle" color="gray" onClick={() => onChange({})}>
          Clear
        </Button>
      )}
    </search>
  );
}

interface EditorProps {
  kind: FilterKind;
  filters: Filters;
  onDone: (filters: Filters) => void;
}

function Editor({ kind, filters, onDone }: EditorProps) {
  const [text, setText] = useState(kind === 'profile' ? (filters.profile ?? '') : (filters.url ?? ''));
  const [min, setMin] = useState<number | string>(
    kind === 'events' ? (filters.minEvents ?? '') : (filters.minSeconds ?? ''),
  );
  const [max, setMax] = useState<number | string>(filters.maxSeconds ?? '');
  const [from, setFrom] = useState(local(filters.from));
  const [to, setTo] = useState(local(filters.to));
  const rest = without(filters, kind);
  const amount = (value: number | string) => (typeof value === 'number' && value > 0 ? value : undefined);

  if (kind === 'time') {
    return (
      <Stack gap="xs" w={240}>
        <Radio.Group
          value={filters.when ?? ''}
          onChange={(value) => onDone({ ...rest, when: value as When })}
          aria-label="Time"
        >
          <Stack gap={6}>
            {(Object.keys(WHENS) as When[]).map((when) => (
              <Radio key={when} size="xs" value={when} label={WHENS[when].label} />
            ))}
          </Stack>
        </Radio.Group>
        <form
          onSubmit={(e) => {
            e.preventDefault();
            onDone({ ...rest, ...iso('from', from), ...iso('to', to) });
          }}
        >
          <Stack gap="xs">
            <TextInput
              size="xs"
              type="datetime-local"
              label="From"
              value={from}
              onChange={(e) => setFrom(e.currentTarget.value)}
            />
            <TextInput
              size="xs"
              type="datetime-local"
              label="To"
              value={to}
              onChange={(e) => setTo(e.currentTarget.value)}
            />
            <Button size="xs" type="submit" disabled={!from && !to}>
              Apply
            </Button>
          </Stack>
        </form>
      </Stack>
    );
  }
  const submit = (event: FormEvent) => {
    event.preventDefault();
    const t = text.trim();
    if (kind === 'url') onDone(t ? { ...rest, url: t } : rest);
    else if (kind === 'profile') onDone(t ? { ...rest, profile: t } : rest);
    else if (kind === 'events') onDone(amount(min) ? { ...rest, minEvents: amount(min) } : rest);
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
        {kind === 'url' && (
          <TextInput
            size="xs"
            label="A page's address contains"
            placeholder="/checkout"
            value={text}
            onChange={(e) => setText(e.currentTarget.value)}
            data-autofocus
          />
        )}
        {kind === 'profile' && (
          <TextInput
            size="xs"
            label="Id, name or e-mail"
            placeholder="mira@example.com"
            value={text}
            onChange={(e) => setText(e.currentTarget.value)}
            data-autofocus
          />
        )}
        {kind === 'events' && (
          <NumberInput
            size="xs"
            label="At least this many events"
            min={1}
            value={min}
            onChange={setMin}
            data-autofocus
          />
        )}
        {kind === 'length' && (
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

/** An ISO moment in the form a `datetime-local` field wants, in local time. */
function local(isoText: string | undefined): string {
  if (!isoText) return '';
  const at = new Date(isoText);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function iso(key: 'from' | 'to', value: string): Filters {
  return value ? { [key]: new Date(value).toISOString() } : {};
}
