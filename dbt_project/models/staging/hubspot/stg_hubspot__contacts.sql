{{ staged_rows('hubspot', 'contacts') }}
