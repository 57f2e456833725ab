import { Alert, Button, Group, Modal, NumberInput, Stack, Text, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { client } from '../api/client';
import { LinkTo } from '../components/links';
import { minorUnits, moneyText } from '../format';
import { type Payment, refetch } from '../queries';
import { strings } from '../strings';
import { Refusal, useAction, useKeyed } from './parts';
import { office } from './strings';

const { payments: texts } = office;

export function leftOf({ amount, refunded, status }: Payment): Payment['amount'] {
  const isKept = status === 'captured' || status === 'partially_refunded';
  return { ...amount, amount: isKept ? amount.amount - refunded.amount : 0 };
}

/** A payment in short, and the way to pay it back. */
export function PaymentCard({ payment }: { payment: Payment }) {
  const { id, amount, refunded, status, reason } = payment;
  return (
    <Stack gap={4}>
      <Group justify="space-between">
        <LinkTo to="/office/payments/$id" params={{ id }}>
          {texts.payment(moneyText(amount))}
        </LinkTo>
        <Text role="status">{texts.statuses[status]}</Text>
      </Group>
      {refunded.amount > 0 && (
        <Text size="sm">
          {texts.refunded}: {moneyText(refunded)}
        </Text>
      )}
      {reason && (
        <Text size="sm" className="wrap">
          {reason}
        </Text>
      )}
      <Refund payment={payment} />
    </Stack>
  );
}

export function Refund({ payment }: { payment: Payment }) {
  const [opened, setOpened] = useState(false);
  const [said, setSaid] = useState<string | null>(null);
  const left = leftOf(payment);
  return (
    <>
      {said && (
        <Alert color="teal" role="status">
          {said}
        </Alert>
      )}
      {left.amount > 0 && (
        <Group>
          <Button
            size="xs"
            variant="default"
            aria-label={texts.refundOf(moneyText(left))}
            onClick={() => setOpened(true)}
          >
            {texts.refund}
          </Button>
        </Group>
      )}
      <Modal
        opened={opened}
        onClose={() => setOpened(false)}
        title={texts.refundTitle}
        closeButtonProps={{ 'aria-label': strings.close }}
      >
        <RefundForm
          payment={payment}
          done={(text) => {
            setOpened(false);
            setSaid(text);
          }}
        />
      </Modal>
    </>
  );
}

function RefundForm({ payment, done }: { payment: Payment; done: (text: string) => void }) {
  const left = leftOf(payment);
  const { currency } = left;
  const { one, digits } = minorUnits(currency);
  const [amount, setAmount] = useState<string | number>(left.amount / one);
  const [reason, setReason] = useState('');
  const { busy, problem, run } = useAction();
  const keyed = useKeyed();
  const money = { amount: Math.round(Number(amount) * one), currency };
  const isSome = money.amount > 0 && money.amount <= left.amount;

  const submit = (event: FormEvent) => {
    event.preventDefault();
    const { id, orderId } = payment;
    const body = { amount: money, ...(reason.trim() ? { reason: reason.trim() } : {}) };
    void run(async () => {
      try {
        const { response } = await keyed({ id, ...body }, (header) =>
          client.POST('/api/v1/payments/{id}/refund', { params: { path: { id }, header }, body }),
        );
        done(response.status === 202 ? texts.refundLater : texts.refundDone(moneyText(money)));
      } finally {
        refetch(['order', orderId], 'orders', 'office');
      }
    });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Refusal problem={problem} />
        <NumberInput
          label={texts.refundAmount(currency)}
          description={texts.refundHint(moneyText(left))}
          value={amount}
          min={1 / one}
          max={left.amount / one}
          decimalScale={digits}
          allowNegative={false}
          hideControls
          required
          data-autofocus
          onChange={setAmount}
        />
        <TextInput
          label={texts.refundReason}
          value={reason}
          maxLength={200}
          onChange={({ currentTarget }) => setReason(currentTarget.value)}
        />
        <Group>
          <Button type="submit" loading={busy} disabled={!isSome}>
            {isSome ? texts.refundSubmit(moneyText(money)) : texts.refund}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
