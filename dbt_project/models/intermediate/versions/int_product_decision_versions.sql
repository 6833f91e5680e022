{{ versions_of('product_decisions') }}
