import { Button, Group, Modal, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, type ReactNode, useState } from 'react';
import { fieldOf } from '../components/delivery';
import { FormEnd } from '../components/FormEnd';
import { strings } from '../strings';
import type { Move } from './moves';

const { orders: text } = strings.office;

interface Props {
  label: string;
  moves: readonly Move[];
  /** How many orders are meant. */
  count: number;
  busy: boolean;
  move: (to: Move, reason?: string) => void;
  children?: ReactNode;
}

/** Where orders can go from here. There is no way back from being cancelled: that is asked once more, and why. */
export function MoveButtons({ label, moves, count, busy, move, children }: Props) {
  const [cancelling, setCancelling] = useState(false);
  const close = () => setCancelling(false);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    close();
    move('cancelled', fieldOf(new FormData(event.currentTarget), 'reason'));
  };
  return (
    <>
      <Group gap="sm" role="group" aria-label={label}>
        {moves.map((to) => (
          <Button
            key={to}
            variant={to === 'cancelled' ? 'default' : 'filled'}
            loading={busy}
            onClick={() => (to === 'cancelled' ? setCancelling(true) : move(to))}
          >
            {text.moves[to]}
          </Button>
        ))}
        {children}
      </Group>
      <Modal
        opened={cancelling}
        onClose={close}
        title={text.cancelTitle(count)}
        closeButtonProps={{ 'aria-label': strings.close }}
      >
        <form onSubmit={submit}>
          <Stack>
            <Text>{text.cancelHint}</Text>
            <TextInput name="reason" label={text.cancelReason} maxLength={200} required data-autofocus />
            <FormEnd label={text.cancelYes(count)} color="red.9" discard={close} />
          </Stack>
        </form>
      </Modal>
    </>
  );
}
