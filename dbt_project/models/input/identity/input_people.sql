{{ input_rows('people') }}
