namespace TransformerXL.Tensors.Cpu.CrossEntropy;

/// <summary>A tile of logits: all rows, a range of the vocabulary.</summary>
internal unsafe struct LogitTile
{
    public int Rows, Columns;

    /// <summary>The token id of the first column.</summary>
    public int FirstToken;

    /// <summary>(Rows, Columns), contiguous.</summary>
    public float* Logits;

    /// <summary>The target tokens (Rows).</summary>
    public int* Targets;

    /// <summary>Running maximum and running sum of exp(logit - maximum), and the logit of the target (Rows each).</summary>
    public float* Maximum, Sum, TargetLogit;
}
