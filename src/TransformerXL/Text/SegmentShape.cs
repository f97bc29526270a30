namespace TransformerXL.Text;

/// <summary>The size of one segment of a batch of streams.</summary>
/// <param name="InputRows">Rows of the inputs <c>(InputRows, B)</c>: the target rows, and up to the extended length more at the front.</param>
/// <param name="TargetRows">Rows of the targets <c>(TargetRows, B)</c>; they belong to the last <c>TargetRows</c> rows of the inputs.</param>
/// <param name="BatchSize">Streams side by side, <c>B</c>.</param>
public readonly record struct SegmentShape(int InputRows, int TargetRows, int BatchSize)
{
    /// <summary>Number of input ids, <c>InputRows * BatchSize</c>.</summary>
    public int InputCount => InputRows * BatchSize;

    /// <summary>Number of target ids, <c>TargetRows * BatchSize</c>.</summary>
    public int TargetCount => TargetRows * BatchSize;
}
