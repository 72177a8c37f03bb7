import { Button, Skeleton, Table } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import { Link, useSearchParams } from 'react-router';
import { useProjects } from '../api/queries';
import { count, exactly, when } from '../parts/format';
import { ProblemNote } from '../parts/ProblemNote';
import { NewProject } from './NewProject';

export default function ProjectsPage() {
  const projects = useProjects();
  const [params, setParams] = useSearchParams();
  const none = projects.data?.length === 0;
  const creating = params.get('new') === '1';
  const setCreating = (on: boolean) => setParams(on ? { new: '1' } : {}, { replace: true });
  return (
    <div className="narrow">
      <div className="page-head">
        <h1>Projects</h1>
        {!none && (
          <Button size="xs" leftSection={<IconPlus size={14} />} onClick={() => setCreating(true)}>
            New project
          </Button>
        )}
      </div>
      {projects.isError ? (
        <ProblemNote error={projects.error} onRetry={() => projects.refetch()} />
      ) : projects.isPending ? (
        <Skeleton h={120} />
      ) : none ? (
        <div className="empty">
          <strong>There is no project yet</strong>
          <p>A project is one site or app: it has its own key, its own recordings and its own limits.</p>
          <Button onClick={() => setCreating(true)}>Create the first project</Button>
        </div>
      ) : (
        <div className="scroll-x">
          <Table verticalSpacing={8} className="plain-table">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th ta="right">Sessions</Table.Th>
                <Table.Th>Last recording</Table.Th>
                <Table.Th>Created</Table.Th>
                <Table.Th />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {projects.data.map((p) => (
                <Table.Tr key={p.id}>
                  <Table.Td>
                    <Link to={`/p/${p.id}/replays`}>{p.name}</Link>
                  </Table.Td>
                  <Table.Td ta="right">{count(p.session_count)}</Table.Td>
                  <Table.Td
                    className="nowrap"
                    title={p.last_recorded_at ? exactly(p.last_recorded_at) : undefined}
                  >
                    {p.last_recorded_at ? when(p.last_recorded_at) : <span className="dim">none yet</span>}
                  </Table.Td>
                  <Table.Td className="nowrap dim">{when(p.created_at)}</Table.Td>
                  <Table.Td ta="right">
                    <Link to={`/p/${p.id}/settings`}>Settings</Link>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </div>
      )}
      <NewProject opened={creating} onClose={() => setCreating(false)} />
    </div>
  );
}
