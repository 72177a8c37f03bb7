import { Button, Group, Modal, TextInput } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { Link } from 'react-router';
import { ApiProblem } from '../api/client';
import { forgetErased, useErase } from '../api/storage';
import type { Erasure } from '../api/types';
import { Receipt } from './Receipt';

interface Props {
  project: string;
  kind: Erasure['kind'];
  /** Our id of the session, or the customer's of the person. */
  id: string;
  title: string;
  /** What will be removed, each a line. */
  what: ReactNode[];
  /** What else there is to know before. */
  children?: ReactNode;
  /** What has to be typed. */
  word: string;
  opened: boolean;
  /** Once it is erased: what shows it must go. The dialog stays and shows the receipt. */
  onErased?: () => void;
  onClose: (erased: boolean) => void;
}

/** Asks in so many words before something is erased for good, and shows the receipt afterwards. */
export default function EraseDialog(props: Props) {
  const { project, kind, id, title, what, children, word, opened, onErased, onClose } = props;
  const [typed, setTyped] = useState('');
  const erase = useErase(project);
  const client = useQueryClient();
  const receipt = erase.data;
  // Something holds it up longer than an answer can wait.
  const goesOn = erase.error instanceof ApiProblem && erase.error.status === 503;
  // Ids may have spaces around them that nobody sees in what is to be typed.
  const confirmed = typed.trim() === word.trim();
  const close = () => {
    setTyped('');
    erase.reset();
    onClose(receipt !== undefined);
  };
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (!confirmed) return;
    erase.mutate(
      { kind, id },
      {
        onSuccess: () => {
          onErased?.();
          forgetErased(client, project);
        },
      },
    );
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={receipt ? 'Erased' : title}
      closeOnClickOutside={!erase.isPending}
      closeOnEscape={!erase.isPending}
      centered
    >
      {receipt ? (
        <>
          <Receipt project={project} receipt={receipt} />
          <Group justify="space-between" mt="md">
            <Link to={`/p/${project}/erasures`} onClick={close}>
              All erasures
            </Link>
            <Button onClick={close} data-autofocus>
              Close
            </Button>
          </Group>
        </>
      ) : (
        <form onSubmit={submit} className="erase-form">
          <p>This removes for good, from the database and from the archive:</p>
          <ul className="erase-what">
            {what.map((line, i) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: the lines never change places
              <li key={i}>{line}</li>
            ))}
          </ul>
          {children}
          <p>
            <strong>This cannot be undone.</strong>
          </p>
          <TextInput
            label={
              <>
                Type <code>{word}</code> to confirm
              </>
            }
            value={typed}
            onChange={(e) => setTyped(e.currentTarget.value)}
            error={erase.error?.message}
            autoComplete="off"
            spellCheck={false}
            data-autofocus
          />
          {goesOn && (
            <p>
              It was begun and goes on by itself. Its receipt is among{' '}
              <Link to={`/p/${project}/erasures`} onClick={close}>
                all erasures
              </Link>
              .
            </p>
          )}
          <Group justify="flex-end" mt="md">
            <Button variant="default" onClick={close} disabled={erase.isPending}>
              Cancel
            </Button>
            <Button color="red.9" type="submit" disabled={!confirmed} loading={erase.isPending}>
              Erase for good
            </Button>
          </Group>
        </form>
      )}
    </Modal>
  );
}
