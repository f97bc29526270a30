using TransformerXL.Text;
using TransformerXL.Training.Batches;

namespace TransformerXL.Tests.Data.Batches;

/// <summary>Reads segments for comparison.</summary>
internal static class BatchReading
{
    public sealed record Segment(SegmentShape Shape, int[] Inputs, int[] Targets);

    /// <summary>What is left of the epoch.</summary>
    public static List<Segment> ReadToEnd(this BatchSource source)
    {
        List<Segment> segments = [];
        int[] inputs = new int[source.MaxShape.InputCount], targets = new int[source.MaxShape.TargetCount];
        while (source.TryRead(inputs, targets, out SegmentShape shape))
        {
            segments.Add(new Segment(shape, inputs[..shape.InputCount], targets[..shape.TargetCount]));
        }

        return segments;
    }

    /// <summary>The targets of one stream, segment after segment.</summary>
    public static IEnumerable<int> Targets(this IEnumerable<Segment> segments, int stream) =>
        segments.SelectMany(s => Column(s.Targets, s.Shape.TargetRows, s.Shape.BatchSize, stream));

    /// <summary>The inputs of one stream that belong to targets.</summary>
    public static IEnumerable<int> Inputs(this IEnumerable<Segment> segments, int stream) =>
        segments.SelectMany(s => Column(s.Inputs, s.Shape.InputRows, s.Shape.BatchSize, stream).Skip(s.Shape.InputRows - s.Shape.TargetRows));

    /// <summary>The inputs of one stream in front of those, segment by segment.</summary>
    public static IEnumerable<int[]> Repeated(this IEnumerable<Segment> segments, int stream) =>
        segments.Select(s => Column(s.Inputs, s.Shape.InputRows, s.Shape.BatchSize, stream).Take(s.Shape.InputRows - s.Shape.TargetRows).ToArray());

    private static IEnumerable<int> Column(int[] ids, int rows, int streams, int stream) =>
        Enumerable.Range(0, rows).Select(row => ids[(row * streams) + stream]);
}
