import { Box, Button, Card, Group, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { addToBasket } from '../basket';
import { LinkButton, LinkTo } from '../components/links';
import { Picture } from '../components/Picture';
import { Failed, Heading, Loading } from '../components/states';
import { moneyText } from '../format';
import { type Product, productsQuery } from '../queries';
import { strings } from '../strings';
import { toast } from '../toast';

export function ProductsPage({ q }: { q: string }) {
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    productsQuery(q),
  );
  const products = data?.pages.flatMap((page) => page.data);
  return (
    <Stack>
      <Group justify="space-between" align="end">
        <Heading>{strings.products.title}</Heading>
        <Search q={q} />
      </Group>
      {!products && error && <Failed error={error} retry={() => void refetch()} />}
      {!products && !error && <Loading />}
      {products?.length === 0 && (
        <Stack align="flex-start" role="status">
          <Text className="wrap">{strings.products.none(q)}</Text>
          <LinkButton to="/" search={{}} variant="default">
            {strings.products.all}
          </LinkButton>
        </Stack>
      )}
      <div className="products">
        {products?.map((product) => (
          <ProductCard key={product.sku} product={product} />
        ))}
      </div>
      {hasNextPage && (
        <Button variant="default" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
          {strings.more}
        </Button>
      )}
    </Stack>
  );
}

function Search({ q }: { q: string }) {
  const navigate = useNavigate();
  const search = useDebouncedCallback((text: string) => {
    const wanted = text.trim();
    void navigate({ to: '/', search: wanted ? { q: wanted } : {}, replace: true });
  }, 250);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    // The address changes by other means too, such as the link to all products.
    if (input.current && document.activeElement !== input.current) input.current.value = q;
  }, [q]);
  return (
    <Box
      component="form"
      role="search"
      w={{ base: '100%', xs: 280 }}
      onSubmit={(event) => event.preventDefault()}
    >
      <TextInput
        ref={input}
        type="search"
        aria-label={strings.products.search}
        placeholder={strings.products.searchPlaceholder}
        defaultValue={q}
        maxLength={100}
        onChange={({ currentTarget }) => search(currentTarget.value)}
      />
    </Box>
  );
}

function ProductCard({ product }: { product: Product }) {
  const { sku, name, price } = product;
  return (
    <Card withBorder padding="xs" className="product">
      <Picture product={product} />
      <LinkTo
        to="/products/$sku"
        params={{ sku }}
        className="name wrap"
        fw={600}
        c="inherit"
        underline="hover"
      >
        {name}
      </LinkTo>
      <Text>{moneyText(price)}</Text>
      <Button variant="light" aria-label={strings.products.addNamed(name)} onClick={() => take(product)}>
        {strings.products.add}
      </Button>
    </Card>
  );
}

export function take({ sku, name }: Product, quantity = 1): void {
  addToBasket(sku, quantity);
  toast({ id: `basket.${sku}`, message: strings.products.added(name), autoClose: 3000 });
}
