import { Button, Radio, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';
import { WHENS, type When } from './times';

/** A stretch of time as filters hold it: named, or from and to as ISO moments. */
export interface Stretch {
  when?: When;
  from?: string;
  to?: string;
}

/** Chooses a stretch of time: one of the named, or two moments. */
export function TimeEditor({ value, onDone }: { value: Stretch; onDone: (value: Stretch) => void }) {
  const [from, setFrom] = useState(local(value.from));
  const [to, setTo] = useState(local(value.to));
  return (
    <Stack gap="xs" w={240}>
      <Radio.Group
        value={value.when ?? ''}
        onChange={(when) => onDone({ when: when as When })}
        aria-label="Time"
      >
        <Stack gap={6}>
          {(Object.keys(WHENS) as When[]).map((when) => (
            <Radio key={when} size="xs" value={when} label={WHENS[when].label} />
          ))}
        </Stack>
      </Radio.Group>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          onDone({ ...iso('from', from), ...iso('to', to) });
        }}
      >
        <Stack gap="xs">
          <TextInput
            size="xs"
            type="datetime-local"
            label="From"
            value={from}
            onChange={(e) => setFrom(e.currentTarget.value)}
          />
          <TextInput
            size="xs"
            type="datetime-local"
            label="To"
            value={to}
            onChange={(e) => setTo(e.currentTarget.value)}
          />
          <Button size="xs" type="submit" disabled={!from && !to}>
            Apply
          </Button>
        </Stack>
      </form>
    </Stack>
  );
}

/** An ISO moment in the form a `datetime-local` field wants, in local time. */
function local(isoText: string | undefined): string {
  if (!isoText) return '';
  const at = new Date(isoText);
  return new Date(at.getTime() - at.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

function iso(key: 'from' | 'to', value: string): Stretch {
  return value ? { [key]: new Date(value).toISOString() } : {};
}
