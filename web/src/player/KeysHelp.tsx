import { Kbd, Modal, Table } from '@mantine/core';

const KEYS: [string[], string][] = [
  [['space'], 'Play or pause'],
  [['←', '→'], 'Back or forward 5 seconds'],
  [['shift ←', 'shift →'], 'Previous or next mark'],
  [['<', '>'], 'Slower or faster'],
  [['s'], 'Skip stretches without activity'],
  [['f'], 'Full screen'],
  [['c'], 'Copy a link to this moment'],
  [['/'], 'Search'],
  [['?'], 'These keys'],
];

export function KeysHelp({ opened, onClose }: { opened: boolean; onClose: () => void }) {
  return (
    <Modal opened={opened} onClose={onClose} title="Keys" size="sm" centered>
      <Table withRowBorders={false} verticalSpacing={4}>
        <Table.Tbody>
          {KEYS.map(([keys, what]) => (
            <Table.Tr key={what}>
              <Table.Td w={150}>
                {keys.map((k) => (
                  <Kbd key={k} mr={4}>
                    {k}
                  </Kbd>
                ))}
              </Table.Td>
              <Table.Td>{what}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Modal>
  );
}
