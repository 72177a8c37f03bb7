import { ChipBar } from '../parts/ChipBar';
import { SearchField } from '../parts/SearchField';
import { TextEditor } from '../parts/TextEditor';
import { TimeEditor } from '../parts/TimeEditor';
import { type EventFilterKind, type EventFilters, eventChips, withoutEvent } from './filters';
import { NamePicker } from './NamePicker';

/** Those one can choose here; the others come with a link from elsewhere. */
const KINDS: Partial<Record<EventFilterKind, string>> = {
  profile: 'Person',
  path: 'Path',
  group: 'Group',
  time: 'Time',
};

interface Props {
  project: string;
  filters: EventFilters;
  onChange: (filters: EventFilters) => void;
}

/** What narrows the feed. */
export function EventFilterBar({ project, filters, onChange }: Props) {
  return (
    <ChipBar
      chips={eventChips(filters)}
      kinds={KINDS}
      editor={(kind, close) => {
        const rest = withoutEvent(filters, kind);
        const done = (next: EventFilters) => {
          close();
          onChange(next);
        };
        const text = (key: 'profile' | 'path' | 'group', label: string, placeholder: string) => (
          <TextEditor
            label={label}
            placeholder={placeholder}
            value={filters[key]}
            onDone={(value) => done(value ? { ...rest, [key]: value } : rest)}
          />
        );
        switch (kind) {
          case 'time':
            return <TimeEditor value={filters} onDone={(stretch) => done({ ...rest, ...stretch })} />;
          case 'profile':
            return text('profile', "The person's id", 'user-42');
          case 'path':
            return text('path', 'Path of the page', '/checkout');
          case 'group':
            return text('group', "The group's id", 'acme');
          default:
            return null;
        }
      }}
      onSet={() => {}}
      onRemove={(kind) => onChange(withoutEvent(filters, kind))}
      onClear={() => onChange({})}
    >
      <SearchField
        label="Name or path contains"
        placeholder="Name or path"
        value={filters.q ?? ''}
        onChange={(q) => onChange(q ? { ...filters, q } : without(filters, 'q'))}
      />
      <NamePicker
        project={project}
        value={filters.names ?? []}
        onChange={(names) => onChange(names.length > 0 ? { ...filters, names } : without(filters, 'names'))}
      />
    </ChipBar>
  );
}

function without(filters: EventFilters, key: 'q' | 'names'): EventFilters {
  const { [key]: _, ...rest } = filters;
  return rest;
}
