import { Button, Group, Modal } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useState } from 'react';
import { useRotateKey, useRotateSecret } from '../api/queries';
import type { Project } from '../api/types';
import { CopyButton } from '../parts/CopyButton';
import { SecretOnce } from './SecretOnce';

/** The credentials of a project: two that can write, one pair that can read. */
export function Keys({ project }: { project: Project }) {
  const [asking, setAsking] = useState<'key' | 'secret' | null>(null);
  const rotateKey = useRotateKey(project.id);
  const rotateSecret = useRotateSecret(project.id);
  const close = () => {
    setAsking(null);
    rotateKey.reset();
    rotateSecret.reset();
  };
  const rows = [
    ['SDK key', project.sdk_key, 'Writes recordings. May stand in a page.'],
    [
      'Publishable key',
      project.publishable_key,
      'Writes recordings of Stack Auth clients. May stand in a page.',
    ],
    [
      'Client id',
      project.client_id,
      'Writes events of OpenPanel SDKs; may stand in a page. With the secret it can read.',
    ],
  ] as const;
  return (
    <section className="settings">
      <h2>Keys</h2>
      <dl className="keys">
        {rows.map(([name, value, what]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>
              <span className="keys-value">
                <code>{value}</code>
                <CopyButton value={value} label={`Copy the ${name}`} />
              </span>
              <span className="dim">{what}</span>
            </dd>
          </div>
        ))}
      </dl>
      <Group gap="xs">
        <Button variant="default" onClick={() => setAsking('key')}>
          New SDK key
        </Button>
        <Button variant="default" onClick={() => setAsking('secret')}>
          New client secret
        </Button>
      </Group>
      <Modal opened={asking === 'key'} onClose={close} title="Make a new SDK key?" centered>
        <p>
          The present key stops working at once: pages that carry it no longer record until they have the new
          one.
        </p>
        {rotateKey.isError && (
          <p className="bad" role="alert">
            {rotateKey.error.message}
          </p>
        )}
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={close}>
            Keep the present key
          </Button>
          <Button
            color="red.9"
            loading={rotateKey.isPending}
            onClick={() =>
              rotateKey.mutate(undefined, {
                onSuccess: () => {
                  close();
                  notifications.show({ message: 'The new key is in force' });
                },
              })
            }
          >
            Make a new key
          </Button>
        </Group>
      </Modal>
      <Modal
        opened={asking === 'secret'}
        onClose={close}
        title={rotateSecret.data ? 'New client secret' : 'Make a new client secret?'}
        closeOnClickOutside={!rotateSecret.data}
        centered
      >
        {rotateSecret.data ? (
          <>
            <SecretOnce secret={rotateSecret.data.client_secret} />
            <Group justify="flex-end" mt="md">
              <Button onClick={close}>Done</Button>
            </Group>
          </>
        ) : (
          <>
            <p>The present secret stops working at once. Programs that use it need the new one.</p>
            {rotateSecret.isError && (
              <p className="bad" role="alert">
                {rotateSecret.error.message}
              </p>
            )}
            <Group justify="flex-end" mt="md">
              <Button variant="default" onClick={close}>
                Keep the present secret
              </Button>
              <Button color="red.9" loading={rotateSecret.isPending} onClick={() => rotateSecret.mutate()}>
                Make a new secret
              </Button>
            </Group>
          </>
        )}
      </Modal>
    </section>
  );
}
