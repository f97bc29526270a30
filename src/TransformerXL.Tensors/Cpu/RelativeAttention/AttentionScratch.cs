namespace TransformerXL.Tensors.Cpu.RelativeAttention;

/// <summary>The scratch memory of one worker, laid out. With a null origin it only measures.</summary>
internal readonly unsafe struct AttentionScratch
{
    public AttentionScratch(float* origin, in AttentionArguments arguments, in AttentionLayout layout, bool backward)
    {
        int size = layout.TileQueries(arguments.Keys), head = arguments.HeadSize, relativeRows = arguments.RelativeRows, strip = layout.Strip;
        Cursor cursor = new(origin);
        if (backward)
        {
            // Streams of different lengths add to it in turn. It comes first, so that its address is the same for all of them.
            RelativeStride = AttentionLayout.Padded(arguments.TensorRelativeRows, strip) + strip + 16;
            RelativeGradient = cursor.Take(arguments.HasPositions ? (long)layout.RowFloats(head) * RelativeStride : 0);
        }

        Stride = AttentionTile.StrideFor(arguments, layout);
        RowFloats = layout.RowFloats(head);
        long tile = ((long)layout.RowsWritten(size) + 1) * Stride;
        long rows = (long)AttentionLayout.Padded(size, layout.Rows) * AttentionLayout.Padded(head, Math.Max(16, layout.RowFloats(1)));
        KeysByKey = cursor.Take(layout.Right(arguments.Keys, head));
        RelativeByKey = cursor.Take(layout.Right(relativeRows, head));
        ValuesByComponent = cursor.Take(layout.Right(head, arguments.Keys));
        Scores = cursor.Take(tile);
        Positions = cursor.Take(tile);
        Content = cursor.Take(rows);
        Position = cursor.Take(rows);
        Result = cursor.Take(rows);
        DistanceBias = cursor.Take(relativeRows);
        PackedRows = cursor.Take(Math.Max(layout.PackedScores(size, Stride), layout.Left(size, head)));
        Widened = cursor.Take(arguments.StoredPrecision == Precision.Bfloat16 ? 2L * arguments.Key.RowStride * Math.Max(arguments.Keys, relativeRows) : 0);
        Blocks = (KeyBlock*)cursor.Take((long)arguments.Visibility.MaxBlocks * sizeof(KeyBlock) / sizeof(float));
        if (backward)
        {
            ValuesByKey = cursor.Take(layout.Right(arguments.Keys, head));
            KeysByComponent = cursor.Take(layout.Right(head, arguments.Keys));
            RelativeByComponent = cursor.Take(layout.Right(head, relativeRows));
            KeyStride = AttentionLayout.Padded(arguments.Keys, strip) + 16;
            long gradient = (long)layout.RowFloats(head) * KeyStride;
            KeyGradient = cursor.Take(gradient);
            ValueGradient = cursor.Take(gradient);
            ScoreGradients = cursor.Take(tile);
            OutputGradient = cursor.Take(rows);
            PackedComponents = cursor.Take(layout.Left(head, size));
        }

        Floats = cursor.Position - origin;
    }

    /// <summary>Floats that suffice for every stream.</summary>
    public static long MaxFloats(in AttentionArguments arguments, in AttentionLayout layout, bool backward)
    {
        long floats = 0;
        for (int stream = 0; stream < (arguments.Visibility.HasLengths ? arguments.Streams : 1); stream++)
        {
            floats = Math.Max(floats, new AttentionScratch(null, arguments.OfStream(stream), layout, backward).Floats);
        }

        return floats;
    }

    public long Floats { get; }

    /// <summary>Floats of a row of a tile.</summary>
    public int Stride { get; }

    /// <summary>Floats of a row of <see cref="Content"/> and the other tiles of that shape.</summary>
    public int RowFloats { get; }

    /// <summary>The blocks of keys of a tile.</summary>
    public KeyBlock* Blocks { get; }

    /// <summary>Keys, values and relative rows packed as right operands: strips of rows (ByKey) or of components (ByComponent).</summary>
    public float* KeysByKey { get; }

    public float* RelativeByKey { get; }

    public float* ValuesByKey { get; }

    public float* KeysByComponent { get; }

    public float* RelativeByComponent { get; }

    public float* ValuesByComponent { get; }

    /// <summary>Tiles of scores by key and of position scores by row of the relative table.</summary>
    public float* Scores { get; }

    public float* Positions { get; }

    public float* ScoreGradients { get; }

    /// <summary>(q + u) / sqrt(d_h) and (q + v) / sqrt(d_h) of a tile, and other tiles of that shape.</summary>
    public float* Content { get; }

    public float* Position { get; }

    public float* Result { get; }

    /// <summary>The biases of one head for each distance, scaled.</summary>
    public float* DistanceBias { get; }

    public float* OutputGradient { get; }

    public float* PackedRows { get; }

    public float* PackedComponents { get; }

    /// <summary>Rows of one head as float32, if they are stored as bfloat16.</summary>
    public float* Widened { get; }

    /// <summary>Transposed gradients (d_h, KeyStride), and that of all rows of the relative table (d_h, RelativeStride).</summary>
    public float* KeyGradient { get; }

    public float* ValueGradient { get; }

    public float* RelativeGradient { get; }

    public int KeyStride { get; }

    public int RelativeStride { get; }

    private ref struct Cursor(float* origin)
    {
        public float* Position { get; private set; } = origin;

        public float* Take(long floats)
        {
            float* taken = Position;
            Position += (floats + 31) / 32 * 32;
            return taken;
        }
    }
}
