{{ staged_rows('salesforce', 'contacts') }}
