import { Button, Group } from '@mantine/core';
import { strings } from '../strings';

interface Props {
  /** What is done when the form is sent. */
  label: string;
  color?: string;
  busy?: boolean;
  discard: () => void;
}

/** Where a form ends: it is sent, or left without. */
export function FormEnd({ label, color, busy = false, discard }: Props) {
  return (
    <Group>
      <Button type="submit" loading={busy} {...(color ? { color } : {})}>
        {label}
      </Button>
      <Button variant="default" onClick={discard}>
        {strings.discard}
      </Button>
    </Group>
  );
}
