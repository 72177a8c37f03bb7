import { Skeleton, Table } from '@mantine/core';
import { useQuarantine } from '../api/sync';
import type { SyncStatus } from '../api/types';
import { count, exactly, when } from '../parts/format';
import { ProblemNote } from '../parts/ProblemNote';

/** Rows that databases do not take, each with what they said. */
export function Quarantine({ project, status }: { project: string; status: SyncStatus }) {
  const rows = status.totals.quarantined;
  const quarantine = useQuarantine(project, rows);
  if (rows === 0) return null;
  const name = (id: string) => status.sinks.find((sink) => sink.id === id)?.name ?? '';
  return (
    <section aria-label="Quarantine">
      <h2>In quarantine</h2>
      <p className="dim">
        These rows were not taken; all others went on. Each is tried again when it changes, and at a resync.
      </p>
      {quarantine.isError ? (
        <ProblemNote error={quarantine.error} onRetry={() => quarantine.refetch()} />
      ) : !quarantine.data ? (
        <Skeleton h={80} />
      ) : (
        <div className="scroll-x">
          <Table verticalSpacing={4} className="plain-table" aria-label="Rows in quarantine">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Row</Table.Th>
                <Table.Th>Database</Table.Th>
                <Table.Th>Since</Table.Th>
                <Table.Th>What it said</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {quarantine.data.map((row) => (
                <Table.Tr key={`${row.sink_id} ${row.mapping} ${row.key.join(' ')}`}>
                  <Table.Td className="quarantined-key">
                    <span className="dim">{row.mapping}</span> <code>{row.key.join(' ')}</code>
                  </Table.Td>
                  <Table.Td>{name(row.sink_id)}</Table.Td>
                  <Table.Td className="nowrap" title={exactly(row.since)}>
                    {when(row.since)}
                  </Table.Td>
                  <Table.Td className="quarantined-reason">{row.reason}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
          {quarantine.data.length < rows && (
            <p className="dim">The latest {count(quarantine.data.length)} are shown.</p>
          )}
        </div>
      )}
    </section>
  );
}
