import { Button, Table } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { Link } from 'react-router';
import { useResync } from '../api/sync';
import type { SinkStatus, SyncMapping } from '../api/types';
import { count, exactly, when } from '../parts/format';
import { SinkMenu } from './SinkMenu';
import {
  ageOf,
  amountOf,
  isTrouble,
  kindOf,
  lackOf,
  mappingStateOf,
  placeOf,
  rateOf,
  retryOf,
  stateOf,
} from './words';

interface Props {
  sink: SinkStatus;
  /** Whose rows are told of; null is everybody's. */
  project: string | null;
}

/** One database: how it is, what keeps it, table by table. */
export function SinkSection({ sink, project }: Props) {
  const lack = lackOf(sink);
  return (
    <section aria-label={sink.name} data-state={sink.state}>
      <div className="sink-head">
        <div className="sink-name">
          <h2>{sink.name}</h2>
          <span className="dim">
            {kindOf(sink.kind)}
            {sink.address ? (
              <>
                {' '}
                <code>{placeOf(sink.address)}</code>
              </>
            ) : (
              sink.project_id === null && ', of this installation'
            )}
            {project === null && <Owner sink={sink} />}
            {sink.required && ' · events wait for it'}
          </span>
        </div>
        <SinkMenu sink={sink} project={project} />
      </div>
      <p>
        <span className={isTrouble(sink) ? 'bad' : undefined} data-testid="state">
          {stateOf(sink)}
        </span>
        {lack && <span className="dim"> · {lack}</span>}
        {sink.behind === 0 && sink.delivered_at && (
          <span className="dim" title={exactly(sink.delivered_at)}>
            {' '}
            · last change {when(sink.delivered_at)}
          </span>
        )}
      </p>
      {sink.state === 'failing' && (
        <p className="sink-error">
          {sink.error}{' '}
          <span className="dim">
            {sink.failures > 1 && `${count(sink.failures)} times in a row. `}
            Tried again {retryOf(sink.retry_at)}.
          </span>
        </p>
      )}
      <Mappings sink={sink} project={project} />
      {project === null && sink.projects.length > 0 && <Projects sink={sink} />}
    </section>
  );
}

/** Whose own it is, where the page is of everybody. */
function Owner({ sink }: { sink: SinkStatus }) {
  const owner = sink.projects.find((project) => project.project_id === sink.project_id);
  if (!owner) return null;
  return (
    <>
      , of <Link to={`/p/${owner.project_id}/sync`}>{owner.name}</Link>
    </>
  );
}

function Mappings({ sink, project }: Props) {
  return (
    <div className="scroll-x">
      <Table verticalSpacing={4} className="plain-table" aria-label={`Tables of ${sink.name}`}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Table</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th ta="right">Behind</Table.Th>
            <Table.Th ta="right">Oldest</Table.Th>
            <Table.Th ta="right">Throughput</Table.Th>
            <Table.Th ta="right">Copied so far</Table.Th>
            <Table.Th ta="right">In quarantine</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sink.mappings.map((mapping) => (
            <Row key={mapping.mapping} sink={sink} mapping={mapping} project={project} />
          ))}
        </Table.Tbody>
      </Table>
    </div>
  );
}

function Row({ sink, mapping, project }: Props & { mapping: SyncMapping }) {
  const resync = useResync(sink, project);
  const start = () =>
    resync.mutate(mapping.mapping, {
      onError: (error) => notifications.show({ title: 'It was not started', message: error.message }),
    });
  return (
    <Table.Tr>
      <Table.Td className="nowrap">
        <code>{mapping.mapping}</code>
      </Table.Td>
      <Table.Td className={mapping.state === 'stopped' ? 'sink-state stopped' : 'sink-state'}>
        {mapping.state === 'stopped' ? (
          <>
            <span className="bad">Stopped: {mapping.reason}</span>{' '}
            <Button size="compact-xs" variant="default" loading={resync.isPending} onClick={start}>
              Resync
            </Button>
          </>
        ) : mapping.reason ? (
          <>
            {mappingStateOf(mapping.state)}: <span className="bad">{mapping.reason}</span>
          </>
        ) : (
          mappingStateOf(mapping.state)
        )}
      </Table.Td>
      <Table.Td ta="right" className={mapping.behind === 0 ? 'nowrap dim' : 'nowrap'}>
        {amountOf(mapping)}
      </Table.Td>
      <Table.Td
        ta="right"
        className="nowrap"
        title={mapping.oldest_at ? exactly(mapping.oldest_at) : undefined}
      >
        {ageOf(mapping.oldest_at)}
      </Table.Td>
      <Table.Td ta="right" className={mapping.rows_per_second ? 'nowrap' : 'nowrap dim'}>
        {rateOf(mapping.rows_per_second)}
      </Table.Td>
      <Table.Td
        ta="right"
        className="nowrap"
        title={mapping.delivered_at ? `the last ${exactly(mapping.delivered_at)}` : undefined}
      >
        {count(mapping.delivered)}
      </Table.Td>
      <Table.Td ta="right" className={mapping.quarantined > 0 ? 'bad' : 'dim'}>
        {count(mapping.quarantined)}
      </Table.Td>
    </Table.Tr>
  );
}

/** Who is behind, where the page is of everybody. */
function Projects({ sink }: { sink: SinkStatus }) {
  const shown = sink.projects.filter(
    (project) => project.behind > 0 || project.quarantined > 0 || project.state !== 'live',
  );
  if (shown.length === 0) return null;
  return (
    <details className="sink-projects">
      <summary>
        {count(sink.projects_behind)} of the projects {sink.projects_behind === 1 ? 'is' : 'are'} behind
      </summary>
      <div className="scroll-x">
        <Table verticalSpacing={4} className="plain-table" aria-label={`Projects of ${sink.name}`}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Project</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th ta="right">Behind</Table.Th>
              <Table.Th ta="right">Oldest</Table.Th>
              <Table.Th ta="right">In quarantine</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {shown.map((project) => (
              <Table.Tr key={project.project_id}>
                <Table.Td>
                  <Link to={`/p/${project.project_id}/sync`}>{project.name}</Link>
                </Table.Td>
                <Table.Td className={project.state === 'stopped' ? 'bad' : undefined}>
                  {mappingStateOf(project.state)}
                </Table.Td>
                <Table.Td ta="right">{amountOf(project)}</Table.Td>
                <Table.Td ta="right">{ageOf(project.oldest_at)}</Table.Td>
                <Table.Td ta="right" className={project.quarantined > 0 ? 'bad' : undefined}>
                  {count(project.quarantined)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </div>
    </details>
  );
}
