import { Button, Checkbox, Popover, Stack, TextInput } from '@mantine/core';
import { IconChevronDown } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { useEventNames } from '../api/events';
import { count } from '../parts/format';

interface Props {
  project: string;
  value: string[];
  onChange: (names: string[]) => void;
}

/** Chooses any number of the names that happened lately, most frequent first. */
export function NamePicker({ project, value, onChange }: Props) {
  const [text, setText] = useState('');
  // The address follows a moment later; a box is to be ticked at once.
  const [chosen, setChosen] = useState(value);
  const told = value.join('\n');
  // biome-ignore lint/correctness/useExhaustiveDependencies: the text stands for the names
  useEffect(() => setChosen(value), [told]);
  const choose = (names: string[]) => {
    setChosen(names);
    onChange(names);
  };
  const names = useEventNames(project);
  const known = names.data ?? [];
  // A chosen name stays in sight, also when nothing of it happened in the last days.
  const all = [
    ...chosen.filter((name) => !known.some((k) => k.name === name)).map((name) => ({ name, count: 0 })),
    ...known,
  ];
  const shown = all.filter(({ name }) => name.toLowerCase().includes(text.trim().toLowerCase()));
  const label =
    chosen.length === 0 ? 'All events' : chosen.length === 1 ? chosen[0] : `${chosen.length} names`;
  return (
    <Popover position="bottom-start" shadow="sm" trapFocus returnFocus transitionProps={{ duration: 100 }}>
      <Popover.Target>
        <Button
          size="compact-sm"
          variant="default"
          className="name-picker"
          rightSection={<IconChevronDown size={14} />}
          aria-label={`Events by name: ${label}`}
        >
          {label}
        </Button>
      </Popover.Target>
      <Popover.Dropdown>
        <Stack gap="xs" w={260}>
          <TextInput
            size="xs"
            aria-label="Find a name"
            placeholder="Find a name"
            value={text}
            onChange={(e) => setText(e.currentTarget.value)}
            data-autofocus
          />
          <div className="name-choices">
            <Checkbox.Group value={chosen} onChange={choose} aria-label="Names">
              <Stack gap={6}>
                {shown.map((n) => (
                  <Checkbox
                    key={n.name}
                    size="xs"
                    value={n.name}
                    label={
                      <span className="name-choice">
                        <span className="cut">{n.name}</span>
                        <span className="dim">{n.count > 0 && count(n.count)}</span>
                      </span>
                    }
                    classNames={{ body: 'name-choice-body', labelWrapper: 'name-choice-label' }}
                  />
                ))}
              </Stack>
            </Checkbox.Group>
            {shown.length === 0 && !names.isPending && (
              <p className="dim">
                {names.isError
                  ? names.error.message
                  : text
                    ? 'No such name in the last 7 days.'
                    : 'No events in the last 7 days.'}
              </p>
            )}
          </div>
          {chosen.length > 0 && (
            <Button size="compact-xs" variant="subtle" color="gray" onClick={() => choose([])}>
              Show all events
            </Button>
          )}
        </Stack>
      </Popover.Dropdown>
    </Popover>
  );
}
