using TransformerXL.Tensors.Random;
using TransformerXL.Text;
using TransformerXL.Training.Batches;

namespace TransformerXL.Tests.Training.Tasks;

/// <summary>Sequences of random letters, of which most are of a pair that the class of the sequence prefers; the target is the class.</summary>
internal sealed class TopicBatches : BatchSource
{
    public const int Classes = 3, Length = 10, BatchesPerEpoch = 7;
    private readonly int _streams;
    private readonly ulong _seed;
    private int _epoch, _next;

    public TopicBatches(int streams, ulong seed)
    {
        (_streams, _seed) = (streams, seed);
        Seek(1, 0);
    }

    public override SegmentShape MaxShape => new(Length, 1, _streams);

    protected override void Move(int epoch, int segment) => (_epoch, _next) = (epoch, segment);

    protected override bool TryReadNext(Span<int> inputs, Span<int> targets, out SegmentShape shape)
    {
        shape = MaxShape;
        if (_next == BatchesPerEpoch)
        {
            return false;
        }

        RandomStream random = new(_seed, ((ulong)_epoch * BatchesPerEpoch) + (ulong)_next++);
        for (int stream = 0; stream < _streams; stream++)
        {
            targets[stream] = random.NextInt(Classes);
            for (int row = 0; row < Length; row++)
            {
                int letter = random.NextDouble() < 0.6 ? (2 * targets[stream]) + random.NextInt(2) : random.NextInt(2 * Classes);
                inputs[(row * _streams) + stream] = 'a' + letter;
            }
        }

        return true;
    }
}
