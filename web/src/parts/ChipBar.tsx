import { Button, CloseButton, Menu, Popover, UnstyledButton } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { type ReactNode, useState } from 'react';

interface Props<K extends string> {
  /** The filters in use, each as a sentence. */
  chips: { kind: K; label: string }[];
  /** Every filter there is to add, by name. */
  kinds: Partial<Record<K, string>>;
  /** What opens to change a filter; null for one that is only on or off. */
  editor: (kind: K, close: () => void) => ReactNode;
  /** Turns on a filter that has no editor. */
  onSet: (kind: K) => void;
  onRemove: (kind: K) => void;
  onClear: () => void;
  /** Fields that stand in front of the chips. */
  children?: ReactNode;
}

/** The filters as chips one can read as a sentence, each of which opens to be changed. */
export function ChipBar<K extends string>(props: Props<K>) {
  const { chips, kinds, editor, onSet, onRemove, onClear, children } = props;
  const [editing, setEditing] = useState<K | null>(null);
  const close = () => setEditing(null);
  const shown =
    editing && !chips.some((c) => c.kind === editing)
      ? [...chips, { kind: editing, label: kinds[editing] ?? '' }]
      : chips;
  const left = (Object.keys(kinds) as K[]).filter((kind) => !chips.some((c) => c.kind === kind));
  const add = (kind: K) => {
    // The menu closes first and gives the focus back; then the editor may take it.
    if (editor(kind, close)) setTimeout(() => setEditing(kind), 0);
    else onSet(kind);
  };
  return (
    <search className="filters" aria-label="Filters">
      {children}
      {shown.map(({ kind, label }) => {
        const content = editor(kind, close);
        return (
          <Popover
            key={kind}
            opened={editing === kind && content !== null}
            onChange={(open) => setEditing(open ? kind : null)}
            position="bottom-start"
            shadow="sm"
            trapFocus
            returnFocus
            transitionProps={{ duration: 100 }}
          >
            <Popover.Target>
              <span className="chip">
                <UnstyledButton onClick={() => content && setEditing(editing === kind ? null : kind)}>
                  {label}
                </UnstyledButton>
                <CloseButton
                  size={20}
                  iconSize={12}
                  aria-label={`Remove the filter ${label}`}
                  onClick={() => {
                    close();
                    onRemove(kind);
                  }}
                />
              </span>
            </Popover.Target>
            <Popover.Dropdown>{content}</Popover.Dropdown>
          </Popover>
        );
      })}
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
                {kinds[kind]}
              </Menu.Item>
            ))}
          </Menu.Dropdown>
        </Menu>
      )}
      {chips.length > 1 && (
        <Button size="compact-sm" variant="subtle" color="gray" onClick={onClear}>
          Clear
        </Button>
      )}
    </search>
  );
}
