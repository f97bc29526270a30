using System.Globalization;
using TransformerXL.Analysis.Reports;
using TransformerXL.Files;
using TransformerXL.Text;

namespace TransformerXL.Analysis.Attention;

/// <summary>The charts of an <see cref="AttentionMap"/>.</summary>
internal sealed class AttentionCharts(AttentionMap map, Vocabulary vocabulary)
{
    /// <summary>Lower attention is drawn like zero.</summary>
    private const double MinLogarithm = -5;

    private readonly DistanceBins _bins = new(map.Positions, map.After);

    /// <summary>All heads over distance (Dai et al. 2019, figure 5).</summary>
    public HeatMap Heads() => new()
    {
        Title = map.IsCausal ? $"Attention of {Counted.Of(map.Layers * map.Heads, "head")} to the last {Counted.Of(map.Positions, "position")}" : $"Attention of {Counted.Of(map.Layers * map.Heads, "head")} to {map.After} positions after and {map.Positions} before",
        ValueLabel = "log₁₀ of the mean attention to a position",
        ColumnLabel = Distance,
        RowLabel = "layer.head",
        Columns = _bins.Names,
        Rows = HeadNames(),
        Values = Logarithms(map.Mean),
        Scale = Shared(),
        Note = "Distance 0 is the token itself; tokens after it have a plus. Far distances are grouped, and the colour shows their mean; the CSV files in the folder of this page have each distance.",
    };

    /// <summary>The widest heads and the mean of all over distance.</summary>
    public LineChart Decay(IReadOnlyList<HeadWidth> widest)
    {
        double[] all = new double[map.Positions];
        for (int i = 0; i < map.Layers * map.Heads; i++)
        {
            double[] mean = Sides(map.Mean(i / map.Heads, i % map.Heads));
            for (int distance = 0; distance < all.Length; distance++)
            {
                all[distance] += mean[distance] / (map.Layers * map.Heads);
            }
        }

        const int max = 6;
        return new LineChart
        {
            Title = "How attention falls with distance",
            X = new ChartAxis(map.IsCausal ? "positions back; the token itself is 1" : "positions in both directions; the token itself is 1", AxisScale.Logarithmic),
            Y = new ChartAxis("mean attention", AxisScale.Logarithmic),
            Series = [new LineSeries("all heads", Points(all)), .. widest.Take(max).Select(width => new LineSeries($"head {Name(width)}", Points(Sides(map.Mean(width.Layer, width.Head)))))],
        };
    }

    /// <summary>The reach of each of the widest heads.</summary>
    public static BarChart Widths(IReadOnlyList<HeadWidth> widest) => new()
    {
        Title = "The heads that look farthest",
        ValueLabel = "positions that hold 80 % of the attention",
        CategoryLabel = "layer.head",
        Bars = [.. widest.Select(width => new Bar(Name(width), width.Reach))],
        Note = "Positions are counted from the token itself backward, or in both directions where the model sees both. Heads with equal numbers are ordered by their mean distance.",
    };

    /// <summary>What a head attended to from each of the targets (Dai et al. 2019, figure 6).</summary>
    public IEnumerable<ColoredText> Targets(HeadWidth width) => map.Targets.Select(target => Target(width, target));

    /// <summary>The softmax of one term alone (Dai et al. 2019, figure 7).</summary>
    public HeatMap Alone(AttentionTerm term) => new()
    {
        Title = $"Attention if there were only {TermName(term)}",
        ValueLabel = "log₁₀ of the mean attention to a position",
        ColumnLabel = Distance,
        RowLabel = "layer.head",
        Columns = _bins.Names,
        Rows = HeadNames(),
        Values = Logarithms((layer, head) => map.Alone(term, layer, head)),
        Scale = Shared(),
    };

    /// <summary>The mean of one term of the score.</summary>
    public HeatMap Score(AttentionTerm term)
    {
        double[] values = [.. Rows((layer, head) => map.Score(term, layer, head)).SelectMany(row => _bins.Means(row))];
        double limit = values.Where(double.IsFinite).Select(Math.Abs).DefaultIfEmpty(0).Max();
        return new HeatMap
        {
            Title = $"Mean score of {TermName(term)}",
            ValueLabel = "score before the softmax",
            ColumnLabel = Distance,
            RowLabel = "layer.head",
            Columns = _bins.Names,
            Rows = HeadNames(),
            Values = values,
            Scale = ColorScale.Diverging(limit > 0 ? limit : 1),
        };
    }

    /// <summary>The name of a head, counted from 1 as people do.</summary>
    public static string Name(HeadWidth width) => string.Create(CultureInfo.InvariantCulture, $"{width.Layer + 1}.{width.Head + 1}");

    private string Distance => map.IsCausal ? "distance back in tokens" : "distance in tokens; plus: after the token";

    private static string TermName(AttentionTerm term) => term switch
    {
        AttentionTerm.Content => "(a) content",
        AttentionTerm.ContentPosition => "(b) position by content",
        AttentionTerm.GlobalContent => "(c) content for all",
        AttentionTerm.Segment => "(e) text of a pair",
        _ => "(d) position for all",
    };

    /// <summary>The attention to each distance, before and after a token.</summary>
    private double[] Sides(double[] mean) =>
        [.. Enumerable.Range(0, map.Positions).Select(distance => mean[map.After + distance] + (distance > 0 && distance <= map.After ? mean[map.After - distance] : 0))];

    private string[] HeadNames() => [.. Enumerable.Range(0, map.Layers * map.Heads).Select(i => Name(new HeadWidth(i / map.Heads, i % map.Heads, 0, 0)))];

    private IEnumerable<double[]> Rows(Func<int, int, double[]> row) =>
        Enumerable.Range(0, map.Layers * map.Heads).Select(i => row(i / map.Heads, i % map.Heads));

    private double[] Logarithms(Func<int, int, double[]> row) =>
        [.. Rows(row).SelectMany(values => _bins.Means(values)).Select(value => Math.Max(MinLogarithm, Math.Log10(value)))];

    /// <summary>The colour scale of attention, the same in all charts, so that they can be compared.</summary>
    private ColorScale Shared()
    {
        double[] values = Logarithms(map.Mean);
        return ColorScale.Sequential(values.Min(), values.Max());
    }

    private static SeriesPoint[] Points(double[] values) => [.. values.Select((value, distance) => new SeriesPoint(distance + 1, value))];

    private ColoredText Target(HeadWidth width, AttentionTarget target)
    {
        int[] tokens = target.Context.ToArray();
        float[] weights = target.Weights(width.Layer, width.Head).ToArray();
        bool[] top = target.Top(width.Layer, width.Head);
        Array.Reverse(tokens);
        Array.Reverse(weights);
        Array.Reverse(top);
        double strongest = weights.Order().ElementAt((int)(0.98 * (weights.Length - 1)));
        return new ColoredText
        {
            Title = $"Head {Name(width)} at token {target.Position.ToString("N0", CultureInfo.InvariantCulture)}, {(map.IsCausal ? "before " : "")}“{DisplayText.Name(vocabulary.Describe(map.IsCausal ? target.Next : target.Context[target.After]))}”",
            ValueLabel = "attention",
            Tokens = [.. TextPiece.Of(tokens, vocabulary).Select(Colored)],
            Strongest = Math.Max(strongest, 1e-9),
        };

        ColoredToken Colored(TextPiece piece)
        {
            double weight = weights.AsSpan(piece.First, piece.Count).ToArray().Sum(value => (double)value);
            int distance = tokens.Length - piece.First - piece.Count - target.After;
            return new ColoredToken(piece.Text, weight, string.Create(CultureInfo.InvariantCulture, $"{100 * weight:0.00} % of the attention, distance {distance}"), top.AsSpan(piece.First, piece.Count).Contains(true));
        }
    }
}
