import { Skeleton, Table } from '@mantine/core';
import { useRefusals } from '../api/queries';
import { count, exactly, when } from '../parts/format';
import { ProblemNote } from '../parts/ProblemNote';

/** Reasons as the server names them, in words. */
const REASONS: Record<string, string> = {
  malformed: 'Not as the contract says',
  wrong_key: 'Unknown key',
  origin_not_allowed: 'Origin not allowed',
  too_large: 'Too large',
  excluded: 'Excluded address or profile',
  bot: 'Crawlers',
  erased: 'Erased person or session',
  too_many_events: 'Too many events at once',
  rate_limited: 'Too many requests',
  quota_reached: 'Daily quota used up',
  incomplete: 'Broke off half way',
  overloaded: 'Server too busy',
  unavailable: 'Database not reachable',
  unstorable: 'Could not be stored',
};

function reasonName(reason: string): string {
  const words = REASONS[reason] ?? reason.replaceAll('_', ' ');
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** What was sent to this project and not accepted, and why. */
export function Refusals({ project }: { project: string }) {
  const refusals = useRefusals(project);
  return (
    <section>
      <h2>Refused uploads</h2>
      {refusals.isError ? (
        <ProblemNote error={refusals.error} onRetry={() => refusals.refetch()} />
      ) : refusals.isPending ? (
        <Skeleton h={32} />
      ) : refusals.data.length === 0 ? (
        <p className="dim">Nothing sent to this project was refused.</p>
      ) : (
        <div className="scroll-x">
          <Table verticalSpacing={6} className="plain-table">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Reason</Table.Th>
                <Table.Th>Way in</Table.Th>
                <Table.Th ta="right">Times</Table.Th>
                <Table.Th>Last</Table.Th>
                <Table.Th>What was wrong</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {refusals.data.map((r) => (
                <Table.Tr key={`${r.day} ${r.protocol} ${r.reason}`}>
                  <Table.Td className="nowrap">{reasonName(r.reason)}</Table.Td>
                  <Table.Td className="nowrap">{r.protocol}</Table.Td>
                  <Table.Td ta="right">{count(r.count)}</Table.Td>
                  <Table.Td className="nowrap" title={exactly(r.last_at)}>
                    {when(r.last_at)}
                  </Table.Td>
                  <Table.Td className="dim">{r.detail}</Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
    </section>
  );
}
