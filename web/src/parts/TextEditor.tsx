import { Button, Stack, TextInput } from '@mantine/core';
import { useState } from 'react';

/** One line of text for a filter; an empty line takes the filter away. */
export function TextEditor(props: {
  label: string;
  placeholder?: string;
  value: string | undefined;
  onDone: (value: string | undefined) => void;
}) {
  const [text, setText] = useState(props.value ?? '');
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        props.onDone(text.trim() || undefined);
      }}
    >
      <Stack gap="xs" w={240}>
        <TextInput
          size="xs"
          label={props.label}
          placeholder={props.placeholder}
          value={text}
          onChange={(e) => setText(e.currentTarget.value)}
          data-autofocus
        />
        <Button size="xs" type="submit">
          Apply
        </Button>
      </Stack>
    </form>
  );
}
