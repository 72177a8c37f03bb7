import { Table } from '@mantine/core';
import type { ReactNode } from 'react';
import type { Storage } from '../api/types';
import { bytes, count, counted } from '../parts/format';
import { timesAsMuch } from './words';

interface Place {
  name: string;
  what: ReactNode;
  recordings: string;
  size: number;
  colour: 'hot' | 'archived' | 'cold';
}

/** Where the recordings of a project lie, and what the archive makes of their size. */
export function Places({ storage }: { storage: Storage }) {
  const { archive, hot, archived } = storage;
  const warm = archived.bytes - archived.cold_bytes;
  const places: Place[] = [
    {
      name: 'Database',
      what: 'Live, or not archived yet',
      recordings: counted(hot.sessions, 'recording'),
      size: hot.bytes,
      colour: 'hot',
    },
    {
      name: archive.kind === 'bucket' ? 'Archive, a bucket' : 'Archive, a directory',
      what: (
        <>
          <code>{archive.place}</code>
          {archive.encrypted ? ', encrypted' : ', not encrypted'}
        </>
      ),
      recordings: counted(archived.objects - archived.cold_objects, 'object'),
      size: warm,
      colour: 'archived',
    },
  ];
  if (archive.cold_place !== null || archived.cold_objects > 0) {
    places.push({
      name: 'Cold tier',
      what: archive.cold_place ? <code>{archive.cold_place}</code> : 'Not set up any more',
      recordings: counted(archived.cold_objects, 'object'),
      size: archived.cold_bytes,
      colour: 'cold',
    });
  }
  const all = hot.bytes + archived.bytes;
  return (
    <section>
      <h2>Where recordings lie</h2>
      {all > 0 && (
        <div className="storage-share" aria-hidden="true">
          {places
            .filter((place) => place.size > 0)
            .map((place) => (
              <span
                key={place.colour}
                className={place.colour}
                style={{ flexGrow: place.size }}
                title={`${place.name}: ${bytes(place.size)}`}
              />
            ))}
        </div>
      )}
      <div className="scroll-x">
        <Table verticalSpacing={6} className="plain-table storage-places">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Place</Table.Th>
              <Table.Th ta="right">Holds</Table.Th>
              <Table.Th ta="right">Size</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {places.map((place) => (
              <Table.Tr key={place.colour}>
                <Table.Td className="storage-place">
                  <span className="storage-name">
                    <span className={`swatch ${place.colour}`} aria-hidden="true" />
                    {place.name}
                  </span>
                  <span className="dim">{place.what}</span>
                </Table.Td>
                <Table.Td ta="right" className="nowrap">
                  {place.recordings}
                </Table.Td>
                <Table.Td ta="right" className="nowrap">
                  {bytes(place.size)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
      <p data-testid="compression">
        {archived.recordings > 0 ? (
          <>
            The archive holds {counted(archived.recordings, 'recording')} in{' '}
            <strong>{bytes(archived.bytes)}</strong>. As they were uploaded they took{' '}
            {bytes(archived.chunk_bytes)}, {timesAsMuch(archived.chunk_bytes, archived.bytes)}; as JSON they
            are {bytes(archived.raw_bytes)}, {timesAsMuch(archived.raw_bytes, archived.bytes)}.
          </>
        ) : (
          'Nothing is archived yet. A recording is archived, and shrinks, some time after its last upload.'
        )}
      </p>
      {storage.events.count_estimate > 0 && (
        <p className="dim">
          Beside them {storage.events.count_estimate > 10_000 ? 'about ' : ''}
          {count(storage.events.count_estimate)} events in the database, about{' '}
          {bytes(storage.events.bytes_estimate)} without their indexes.
        </p>
      )}
    </section>
  );
}
