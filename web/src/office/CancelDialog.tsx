import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { strings } from '../strings';
import { office } from './strings';

const { orders: texts } = office;

interface Props {
  count: number;
  opened: boolean;
  close: () => void;
  cancel: (reason: string) => void;
}

export function CancelDialog({ count, opened, close, cancel }: Props) {
  const [reason, setReason] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    cancel(reason.trim());
  };
  return (
    <Modal
      opened={opened}
      onClose={close}
      title={texts.cancelTitle(count)}
      closeButtonProps={{ 'aria-label': strings.close }}
    >
      <form onSubmit={submit}>
        <Stack>
          <Text>{texts.cancelHint}</Text>
          <TextInput
            label={texts.cancelReason}
            value={reason}
            maxLength={200}
            required
            data-autofocus
            onChange={({ currentTarget }) => setReason(currentTarget.value)}
          />
          <Group>
            <Button type="submit" color="red">
              {texts.cancelDone(count)}
            </Button>
            <Button variant="default" onClick={close}>
              {office.never}
            </Button>
          </Group>
        </Stack>
      </form>
    </Modal>
  );
}
