namespace TransformerXL.Tensors.Cpu.RelativeAttention;

/// <summary>The scratch memory of one worker, laid out. With a null origin it only measures.</summary>
internal readonly unsafe struct AttentionScratch
{
    public AttentionScratch(float* origin, in AttentionArguments arguments, int microRows, int strip, bool backward)
    {
        int size = AttentionTile.SizeFor(arguments), head = arguments.HeadSize, relativeRows = arguments.RelativeRows;
        Cursor cursor = new(origin);
        if (backward)
        {
            // Streams of different lengths add to it one after the other: it comes first, where all of them find it.
            RelativeStride = Padded(arguments.TensorRelativeRows, strip) + 16;
            RelativeGradient = cursor.Take(arguments.HasPositions ? (long)head * RelativeStride : 0);
        }

        long byKey = (long)Padded(arguments.Keys, strip) * head;
        long byDistance = (long)Padded(relativeRows, strip) * head;
        long byComponent = (long)Padded(head, strip) * arguments.Keys;
        Stride = AttentionTile.StrideFor(arguments, strip);
        long tile = ((long)size + 1) * Stride;
        long rows = (long)Padded(size, microRows) * Padded(head, 16);
        KeysByKey = cursor.Take(byKey);
        RelativeByKey = cursor.Take(byDistance);
        ValuesByComponent = cursor.Take(byComponent);
        Scores = cursor.Take(tile);
        Positions = cursor.Take(tile);
        Content = cursor.Take(rows);
        Position = cursor.Take(rows);
        Result = cursor.Take(rows);
        DistanceBias = cursor.Take(relativeRows);
        PackedRows = cursor.Take((long)Padded(size, microRows) * Math.Max(DepthBlock, head));
        Widened = cursor.Take(arguments.StoredPrecision == Precision.Bfloat16 ? 2L * arguments.Key.RowStride * Math.Max(arguments.Keys, relativeRows) : 0);
        Blocks = (KeyBlock*)cursor.Take((long)arguments.Visibility.MaxBlocks * sizeof(KeyBlock) / sizeof(float));
        if (backward)
        {
            ValuesByKey = cursor.Take(byKey);
            KeysByComponent = cursor.Take(byComponent);
            RelativeByComponent = cursor.Take((long)Padded(head, strip) * relativeRows);
            KeyStride = Padded(arguments.Keys, strip) + 16;
            long gradient = (long)head * KeyStride;
            KeyGradient = cursor.Take(gradient);
            ValueGradient = cursor.Take(gradient);
            ScoreGradients = cursor.Take(tile);
            OutputGradient = cursor.Take(rows);
            PackedComponents = cursor.Take((long)Padded(head, microRows) * size);
        }

        Floats = cursor.Position - origin;
    }

    /// <summary>Floats that suffice for every stream.</summary>
    public static long MaxFloats(in AttentionArguments arguments, int microRows, int strip, bool backward)
    {
        long floats = 0;
        for (int stream = 0; stream < (arguments.Visibility.HasLengths ? arguments.Streams : 1); stream++)
        {
            floats = Math.Max(floats, new AttentionScratch(null, arguments.OfStream(stream), microRows, strip, backward).Floats);
        }

        return floats;
    }

    /// <summary>Depth of one packed block of scores.</summary>
    public const int DepthBlock = 256;

    public long Floats { get; }

    /// <summary>Floats of a row of a tile.</summary>
    public int Stride { get; }

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

    /// <summary>Rows of one head as float32 where they are kept as bfloat16.</summary>
    public float* Widened { get; }

    /// <summary>Transposed gradients (d_h, KeyStride), and that of all rows of the relative table (d_h, RelativeStride).</summary>
    public float* KeyGradient { get; }

    public float* ValueGradient { get; }

    public float* RelativeGradient { get; }

    public int KeyStride { get; }

    public int RelativeStride { get; }

    private static int Padded(int count, int multiple) => (count + multiple - 1) / multiple * multiple;

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
