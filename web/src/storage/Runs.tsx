import { Table } from '@mantine/core';
import type { RetentionRun } from '../api/types';
import { bytes, count, exactly, lengthInWords, when } from '../parts/format';

/** What the last runs of retention deleted, each its report. */
export function Runs({ runs }: { runs: RetentionRun[] }) {
  if (runs.length === 0) return <p className="dim">Retention has not run yet.</p>;
  return (
    <div className="scroll-x">
      <Table verticalSpacing={6} className="plain-table" aria-label="Last runs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Run</Table.Th>
            <Table.Th ta="right">Took</Table.Th>
            <Table.Th ta="right">Recordings</Table.Th>
            <Table.Th ta="right">Freed</Table.Th>
            <Table.Th ta="right">Sessions</Table.Th>
            <Table.Th ta="right">Events</Table.Th>
            <Table.Th ta="right">To the cold tier</Table.Th>
            <Table.Th>Outcome</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {runs.map((run) => (
            <Table.Tr key={run.id}>
              <Table.Td className="nowrap" title={exactly(run.started_at)}>
                {when(run.started_at)}
              </Table.Td>
              <Table.Td ta="right" className="nowrap">
                {run.finished_at && lengthInWords(Date.parse(run.finished_at) - Date.parse(run.started_at))}
              </Table.Td>
              <Table.Td ta="right">{count(run.recordings)}</Table.Td>
              <Table.Td ta="right" className="nowrap" title={`${count(run.objects)} objects`}>
                {bytes(run.bytes)}
              </Table.Td>
              <Table.Td ta="right">{count(run.sessions)}</Table.Td>
              <Table.Td ta="right">{count(run.events)}</Table.Td>
              <Table.Td ta="right">{count(run.moved_to_cold)}</Table.Td>
              <Table.Td className={`outcome ${run.error ? 'bad' : 'dim'}`}>
                {run.error ?? (run.finished_at ? 'Done' : 'Not finished')}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}
