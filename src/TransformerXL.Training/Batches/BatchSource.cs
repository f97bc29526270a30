using TransformerXL.Files;
using TransformerXL.Text;

namespace TransformerXL.Training.Batches;

/// <summary>
/// Segments of a training text in a fixed order: row <c>b</c> of a segment continues row <c>b</c> of the one before, so that
/// memory can be carried to the end of the epoch. What is read depends on the configuration, the seed, and the place
/// (<see cref="Epoch"/>, <see cref="Segment"/>) alone, so that a training goes on exactly from those two numbers. Every
/// target counts: a remainder that does not fill all rows is dropped. Reading allocates nothing. For one thread at a time.
/// </summary>
public abstract class BatchSource
{
    private bool _ended;

    /// <summary>The largest shape of any segment, for buffers.</summary>
    public abstract SegmentShape MaxShape { get; }

    /// <summary>The pass over the text that is under way, from 1.</summary>
    public int Epoch { get; private set; }

    /// <summary>The segment of the epoch that comes next, from 0; the number of segments at the end of the epoch.</summary>
    public int Segment { get; private set; }

    /// <summary>Goes to a place.</summary>
    /// <param name="epoch">The epoch, from 1.</param>
    /// <param name="segment">The segment, from 0 to the number of segments in the epoch.</param>
    /// <exception cref="ArgumentOutOfRangeException">The epoch is below 1 or the segment below 0.</exception>
    /// <exception cref="InputException">The epoch has fewer segments.</exception>
    public void Seek(int epoch, int segment)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(epoch, 1);
        ArgumentOutOfRangeException.ThrowIfNegative(segment);
        Move(epoch, segment);
        (Epoch, Segment, _ended) = (epoch, segment, false);
    }

    /// <summary>Reads the next segment, time-major: id of row <c>t</c>, stream <c>b</c> at <c>t * B + b</c>.</summary>
    /// <param name="inputs">Receives the inputs <c>(InputRows, B)</c>; must hold those of <see cref="MaxShape"/>.</param>
    /// <param name="targets">Receives the targets <c>(TargetRows, B)</c>: the ids that follow the last <c>TargetRows</c> inputs.</param>
    /// <param name="shape">The shape of the segment.</param>
    /// <returns>False at the end of the epoch; what the buffers hold then means nothing.</returns>
    /// <exception cref="ArgumentException">A buffer is too small.</exception>
    public bool TryRead(Span<int> inputs, Span<int> targets, out SegmentShape shape)
    {
        if (inputs.Length < MaxShape.InputCount || targets.Length < MaxShape.TargetCount)
        {
            throw new ArgumentException($"a segment may need {MaxShape.InputCount} inputs and {MaxShape.TargetCount} targets; the buffers hold {inputs.Length} and {targets.Length}");
        }

        shape = default;
        if (_ended || !TryReadNext(inputs, targets, out shape))
        {
            _ended = true;
            return false;
        }

        Segment++;
        return true;
    }

    /// <summary>Goes to a place.</summary>
    /// <param name="epoch">The epoch, from 1.</param>
    /// <param name="segment">The segment, from 0.</param>
    /// <exception cref="InputException">The epoch has fewer segments.</exception>
    protected abstract void Move(int epoch, int segment);

    /// <summary>Reads the next segment as <see cref="TryRead"/>; not called again after false.</summary>
    /// <param name="inputs">Receives the inputs.</param>
    /// <param name="targets">Receives the targets.</param>
    /// <param name="shape">The shape of the segment.</param>
    /// <returns>False at the end of the epoch.</returns>
    protected abstract bool TryReadNext(Span<int> inputs, Span<int> targets, out SegmentShape shape);

    /// <summary>The error for a position after the end of an epoch.</summary>
    private protected static InputException Beyond(TokenFile tokens, int epoch, int segment, int count) =>
        new($"{tokens.Title} has only {Counted.Of(count, "segment")} in epoch {epoch}, so there is no segment {segment}");
}
