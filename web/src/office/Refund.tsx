import { Button, Card, Group, NumberInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useRef, useState } from 'react';
import { client } from '../api/client';
import { Problem } from '../api/problem';
import { fieldOf } from '../components/delivery';
import { Refused } from '../components/states';
import { digitsOf, moneyText } from '../format';
import { newKey } from '../idempotency';
import { type Payment, refetch } from '../queries';
import { strings } from '../strings';

const { office } = strings;

/** A payment, and what of it can be given back. */
export function Refund({ payment }: { payment: Payment }) {
  const { amount, refunded, status } = payment;
  const left = amount.amount - refunded.amount;
  const canRefund = (status === 'captured' || status === 'partially_refunded') && left > 0;
  return (
    <Card withBorder>
      <Stack gap="sm">
        <Title order={2} size="h4">
          {strings.orders.payment}
        </Title>
        <Text>
          {office.order.charged(moneyText(amount), strings.orders.payments[status])}
          {refunded.amount > 0 && ` (${strings.orders.refunded(moneyText(refunded))})`}
        </Text>
        {/* Anew after each refund: what is left is another amount then. */}
        {canRefund && <Form key={left} payment={payment} left={left} />}
      </Stack>
    </Card>
  );
}

function Form({ payment: { id, amount }, left }: { payment: Payment; left: number }) {
  const { currency } = amount;
  const digits = digitsOf(currency);
  const whole = left / 10 ** digits;
  const [value, setValue] = useState<number | string>(whole);
  const key = useRef({ body: '', key: '' });
  const { mutate, error, isPending } = useMutation({
    mutationFn: (body: { amount: Payment['amount']; reason?: string }) => {
      // What may have been carried out without our hearing of it is asked for under the same key.
      const text = JSON.stringify(body);
      if (key.current.body !== text) key.current = { body: text, key: newKey() };
      const params = { path: { id }, header: { 'Idempotency-Key': key.current.key } };
      return client.POST('/api/v1/payments/{id}/refund', { params, body });
    },
    onSettled: () => refetch('office', 'order', 'orders'),
  });
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const reason = fieldOf(new FormData(event.currentTarget), 'reason');
    const minor = Math.round(Number(value) * 10 ** digits);
    mutate({ amount: { amount: minor, currency }, ...(reason ? { reason } : {}) });
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        <Group align="end">
          <NumberInput
            label={office.payments.refundAmount(currency)}
            value={value}
            onChange={setValue}
            min={1 / 10 ** digits}
            max={whole}
            decimalScale={digits}
            fixedDecimalScale
            hideControls
            w={160}
            required
          />
          <TextInput name="reason" label={office.reason} maxLength={200} />
          <Button type="submit" loading={isPending}>
            {office.payments.refund}
          </Button>
        </Group>
        <Text size="sm" c="dimmed">
          {office.payments.refundHint(moneyText({ amount: left, currency }))}
        </Text>
        <Refused problem={error && Problem.of(error)} />
      </Stack>
    </form>
  );
}
