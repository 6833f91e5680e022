{{ staged_rows('files', 'contacts') }}
