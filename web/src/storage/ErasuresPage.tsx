import './storage.css';
import '../erasure/erasure.css';
import { Button, Group, Modal, Skeleton, Table, UnstyledButton } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { IconChevronDown, IconChevronRight } from '@tabler/icons-react';
import { Fragment, useState } from 'react';
import { Link, useParams } from 'react-router';
import { useProject } from '../api/queries';
import { useAllowAgain, useErasures } from '../api/storage';
import type { Erasure } from '../api/types';
import { Receipt } from '../erasure/Receipt';
import { removedInWords } from '../erasure/words';
import { exactly, when } from '../parts/format';
import { ProblemNote } from '../parts/ProblemNote';
import { StorageNav } from './StorageNav';

const NAMES: Record<Erasure['kind'], string> = { session: 'A session', profile: 'A person' };

const STATES: Record<Erasure['state'], string> = {
  removing_rows: 'Removing rows',
  removing_objects: 'Removing objects',
  done: 'Done',
};

/** The receipts of what was erased from a project. They name nobody. */
export default function ErasuresPage() {
  const { project = '' } = useParams();
  const info = useProject(project);
  const list = useErasures(project);
  const [open, setOpen] = useState<string | null>(null);
  const [asking, setAsking] = useState<Erasure | null>(null);
  const erasures = list.data?.pages.flatMap((p) => p.erasures) ?? [];
  if (info.isError) return <ProblemNote error={info.error} onRetry={() => info.refetch()} />;
  return (
    <div className="wide erasures" key={project}>
      <h1>Erasures</h1>
      <StorageNav project={project} here="erasures" />
      {list.isError && erasures.length === 0 ? (
        <ProblemNote error={list.error} onRetry={() => list.refetch()} />
      ) : list.isPending ? (
        <Skeleton h={160} />
      ) : erasures.length === 0 ? (
        <div className="empty">
          <strong>Nothing was erased</strong>
          <p>
            A session can be erased in the player, a person on{' '}
            <Link to={`/p/${project}/people`}>their page</Link>. What was removed and when is then told here,
            without naming anybody.
          </p>
        </div>
      ) : (
        <div className="scroll-x">
          <Table verticalSpacing={6} className="plain-table" aria-label="Erasures">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Erased</Table.Th>
                <Table.Th>What</Table.Th>
                <Table.Th>State</Table.Th>
                <Table.Th className="wide-only">Removed</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {erasures.map((erasure) => (
                <Fragment key={erasure.id}>
                  <Row
                    erasure={erasure}
                    open={open === erasure.id}
                    onToggle={() => setOpen(open === erasure.id ? null : erasure.id)}
                  />
                  {open === erasure.id && (
                    <Table.Tr>
                      <Table.Td colSpan={4} className="erasure-open">
                        <Receipt project={project} receipt={erasure} />
                        <div className="erasure-again">
                          {erasure.tombstones_lifted_at ? (
                            <span className="dim">
                              May be recorded again since {exactly(erasure.tombstones_lifted_at)}.
                            </span>
                          ) : (
                            <Button size="xs" variant="default" onClick={() => setAsking(erasure)}>
                              Allow recording again
                            </Button>
                          )}
                        </div>
                      </Table.Td>
                    </Table.Tr>
                  )}
                </Fragment>
              ))}
            </Table.Tbody>
          </Table>
          {list.hasNextPage && (
            <Button
              mt="sm"
              size="xs"
              variant="default"
              loading={list.isFetchingNextPage}
              onClick={() => list.fetchNextPage()}
            >
              Load more erasures
            </Button>
          )}
        </div>
      )}
      <AllowAgain project={project} erasure={asking} onClose={() => setAsking(null)} />
    </div>
  );
}

interface RowProps {
  erasure: Erasure;
  open: boolean;
  onToggle: () => void;
}

function Row({ erasure, open, onToggle }: RowProps) {
  const Chevron = open ? IconChevronDown : IconChevronRight;
  return (
    <Table.Tr>
      <Table.Td className="nowrap" title={exactly(erasure.requested_at)}>
        <UnstyledButton className="erasure-toggle" aria-expanded={open} onClick={onToggle}>
          <Chevron size={14} aria-hidden="true" />
          {when(erasure.requested_at)}
        </UnstyledButton>
      </Table.Td>
      <Table.Td className="nowrap">{NAMES[erasure.kind]}</Table.Td>
      <Table.Td className="nowrap">
        <span className={erasure.state === 'done' ? undefined : 'dim'}>{STATES[erasure.state]}</span>
      </Table.Td>
      <Table.Td className="dim wide-only">{removedInWords(erasure.removed).join(', ')}</Table.Td>
    </Table.Tr>
  );
}

interface AllowProps {
  project: string;
  erasure: Erasure | null;
  onClose: () => void;
}

function AllowAgain({ project, erasure, onClose }: AllowProps) {
  const allow = useAllowAgain(project);
  const close = () => {
    allow.reset();
    onClose();
  };
  const person = erasure?.kind === 'profile';
  return (
    <Modal opened={erasure !== null} onClose={close} title="Allow recording again?" centered>
      <p>
        From now on what is sent of this {person ? 'person' : 'session'} is stored again. What was erased
        stays erased, and so does this receipt.
      </p>
      {allow.isError && (
        <p className="bad" role="alert">
          {allow.error.message}
        </p>
      )}
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={close} data-autofocus>
          Cancel
        </Button>
        <Button
          loading={allow.isPending}
          onClick={() =>
            erasure &&
            allow.mutate(erasure.id, {
              onSuccess: () => {
                close();
                notifications.show({ message: 'Recording is allowed again' });
              },
            })
          }
        >
          Allow it
        </Button>
      </Group>
    </Modal>
  );
}
