import './events.css';
import { ActionIcon, Table } from '@mantine/core';
import { IconChevronRight, IconPlayerPlay } from '@tabler/icons-react';
import { Fragment, type MouseEvent, memo } from 'react';
import { Link } from 'react-router';
import type { TrackedEvent } from '../api/types';
import { amount, exactly } from '../parts/format';
import { EventDetails } from './EventDetails';
import { KINDS, kindOf } from './kinds';
import { agentOf, personOf, placeOf } from './labels';

/** Whose events they are: what all lines have in common needs no column. */
export type EventsOf = 'project' | 'person' | 'session';

interface Props {
  project: string;
  events: TrackedEvent[];
  /** The event whose facts are shown, if any. */
  open: string | null;
  onOpen: (id: string | null) => void;
  /** How the moment of an event is written. */
  time: (event: TrackedEvent) => string;
  of: EventsOf;
  onProperty?: ((key: string, value: string) => void) | undefined;
}

/** Events as lines, each of which opens to everything that is known of it. */
export function EventTable({ project, events, open, onOpen, time, of, onProperty }: Props) {
  return (
    <Table className="events-table" data-of={of} aria-label="Events">
      <Table.Thead>
        <Table.Tr>
          <Table.Th className="event-time">Time</Table.Th>
          <Table.Th>Event</Table.Th>
          {of === 'project' && <Table.Th>Person</Table.Th>}
          <Table.Th>Path</Table.Th>
          {of !== 'session' && <Table.Th>Place and device</Table.Th>}
          {of !== 'session' && <Table.Th className="event-session">Session</Table.Th>}
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {events.map((event) => (
          <Row
            key={event.id}
            project={project}
            event={event}
            time={time(event)}
            opened={event.id === open}
            onOpen={onOpen}
            of={of}
            onProperty={onProperty}
          />
        ))}
      </Table.Tbody>
    </Table>
  );
}

interface RowProps extends Pick<Props, 'project' | 'onOpen' | 'of' | 'onProperty'> {
  event: TrackedEvent;
  time: string;
  opened: boolean;
}

const Row = memo(function Row({ project, event, time, opened, onOpen, of, onProperty }: RowProps) {
  const person = personOf(event);
  const where = [placeOf(event), agentOf(event)].filter(Boolean).join(' · ');
  const watch = event.session_id
    ? `/p/${project}/replays/${event.session_id}?at=${Date.parse(event.at)}`
    : undefined;
  const facts = `facts-${event.id}`;
  const toggle = () => onOpen(opened ? null : event.id);
  const onRow = (click: MouseEvent<HTMLElement>) => {
    // Links and buttons do what they say; the rest of the line opens it. Marking text is no click.
    if ((click.target as HTMLElement).closest('a, button') || window.getSelection()?.toString()) return;
    toggle();
  };
  return (
    <Fragment>
      <Table.Tr className="event-row" data-open={opened} onClick={onRow}>
        <Table.Td className="event-time" title={exactly(event.at)}>
          {time}
        </Table.Td>
        <Table.Td className="event-name">
          <span>
            <ActionIcon
              variant="subtle"
              color="gray"
              size={22}
              onClick={toggle}
              aria-expanded={opened}
              aria-controls={opened ? facts : undefined}
              aria-label={`All of ${event.name}`}
            >
              <IconChevronRight size={14} className="event-chevron" />
            </ActionIcon>
            <EventDot event={event} />
            <b className="cut" title={event.name}>
              {event.name}
            </b>
            {event.revenue !== null && <span className="badge money">{amount(event.revenue)}</span>}
          </span>
        </Table.Td>
        {of === 'project' && (
          <Table.Td className="event-person">
            {person ? (
              <Link to={`/p/${project}/people/${encodeURIComponent(person)}`} className="quiet-link cut">
                {person}
              </Link>
            ) : (
              <span className="dim">Anonymous</span>
            )}
          </Table.Td>
        )}
        <Table.Td className="event-path dim" title={event.path ?? undefined}>
          {event.path}
        </Table.Td>
        {of !== 'session' && (
          <Table.Td className="event-where dim" title={where}>
            {where}
          </Table.Td>
        )}
        {of !== 'session' && (
          <Table.Td className="event-session">
            {watch && (
              <ActionIcon
                component={Link}
                to={watch}
                variant="subtle"
                color="gray"
                size={24}
                aria-label={`Open the session of ${event.name}`}
              >
                <IconPlayerPlay size={14} />
              </ActionIcon>
            )}
          </Table.Td>
        )}
      </Table.Tr>
      {opened && (
        <Table.Tr id={facts} className="event-facts">
          <Table.Td colSpan={6}>
            <EventDetails
              event={event}
              watch={of === 'session' ? undefined : watch}
              onProperty={onProperty}
            />
          </Table.Td>
        </Table.Tr>
      )}
    </Fragment>
  );
});

/** The colour of an event's kind; its name stands beside it. */
export function EventDot({ event }: { event: TrackedEvent }) {
  const kind = kindOf(event);
  return <span className="event-dot" data-kind={kind} style={{ background: KINDS[kind].color }} />;
}
