import { ActionIcon, Combobox, Kbd, TextInput, useCombobox } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useRef, useState } from 'react';
import { useNavigate } from 'react-router';
import { useProjects } from '../api/queries';
import { useKeys } from '../parts/keys';

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/** One field for "where was that": a page's address, a person, a session's id, a project. */
export function Search({ project }: { project: string }) {
  const navigate = useNavigate();
  const { data: projects } = useProjects();
  const [text, setText] = useState('');
  const [open, setOpen] = useState(false);
  const input = useRef<HTMLInputElement>(null);
  const combobox = useCombobox({ onDropdownOpen: () => combobox.selectFirstOption() });
  const q = text.trim();

  const focus = () => {
    setOpen(true);
    setTimeout(() => input.current?.focus(), 0);
  };
  useKeys((event) => {
    if (event.key !== '/') return;
    event.preventDefault();
    focus();
  });

  const replays = `/p/${project}/replays`;
  const options: [to: string, label: string][] = [];
  if (UUID.test(q)) options.push([`${replays}/${q}`, 'Open the session with this id']);
  if (q) {
    options.push([`${replays}?${new URLSearchParams({ url: q })}`, `Sessions on a page with “${q}”`]);
    options.push([`${replays}?${new URLSearchParams({ profile: q })}`, `Sessions of the person “${q}”`]);
    options.push([`/p/${project}/events?${new URLSearchParams({ q })}`, `Events with “${q}”`]);
    options.push([`/p/${project}/people?${new URLSearchParams({ q })}`, `People with “${q}”`]);
  } else {
    options.push([`${replays}?live=1`, 'Sessions live now']);
    options.push([`${replays}?errors=1`, 'Sessions with errors']);
  }
  for (const p of projects ?? []) {
    if (q && p.id !== project && p.name.toLowerCase().includes(q.toLowerCase())) {
      options.push([`/p/${p.id}/replays`, `Project ${p.name}`]);
    }
  }
  const close = () => {
    combobox.closeDropdown();
    setOpen(false);
    setText('');
    input.current?.blur();
  };

  return (
    <div className="search" data-open={open}>
      <Combobox
        store={combobox}
        shadow="sm"
        onOptionSubmit={(to) => {
          close();
          navigate(to);
        }}
      >
        <Combobox.Target>
          <TextInput
            ref={input}
            size="xs"
            placeholder="Page, person, session id"
            aria-label="Search"
            leftSection={<IconSearch size={14} />}
            rightSection={text ? null : <Kbd size="xs">/</Kbd>}
            value={text}
            onChange={(e) => {
              setText(e.currentTarget.value);
              combobox.openDropdown();
              combobox.updateSelectedOptionIndex();
              setTimeout(() => combobox.selectFirstOption(), 0);
            }}
            onFocus={() => combobox.openDropdown()}
            onBlur={() => {
              combobox.closeDropdown();
              setOpen(false);
            }}
            onKeyDown={(e) => e.key === 'Escape' && close()}
          />
        </Combobox.Target>
        <Combobox.Dropdown>
          <Combobox.Options>
            {options.map(([to, label]) => (
              <Combobox.Option value={to} key={to}>
                {label}
              </Combobox.Option>
            ))}
          </Combobox.Options>
        </Combobox.Dropdown>
      </Combobox>
      <ActionIcon variant="subtle" color="gray" className="search-open" onClick={focus} aria-label="Search">
        <IconSearch size={16} />
      </ActionIcon>
    </div>
  );
}
