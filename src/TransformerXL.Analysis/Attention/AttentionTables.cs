using System.Globalization;
using TransformerXL.Text;

namespace TransformerXL.Analysis.Attention;

/// <summary>The numbers of an <see cref="AttentionMap"/> as CSV, with a line for each distance, negative after a token. Layers and heads are counted from 1.</summary>
internal static class AttentionTables
{
    /// <summary>The mean attention by head and distance.</summary>
    public static void Means(TextWriter writer, AttentionMap map)
    {
        writer.Write("layer,head,distance,attention\n");
        ForHeads(map, (layer, head) =>
        {
            double[] mean = map.Mean(layer, head);
            for (int distance = 0; distance < mean.Length; distance++)
            {
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"{layer + 1},{head + 1},{distance - map.After},{Number(mean[distance])}\n"));
            }
        });
    }

    /// <summary>The reach of each head, widest first.</summary>
    public static void Widths(TextWriter writer, AttentionMap map)
    {
        writer.Write("layer,head,positions_of_80_percent,mean_distance\n");
        foreach (HeadWidth width in map.Widths())
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"{width.Layer + 1},{width.Head + 1},{width.Reach},{Number(width.MeanDistance)}\n"));
        }
    }

    /// <summary>What the widest heads attended to from each target.</summary>
    public static void Targets(TextWriter writer, AttentionMap map, Vocabulary vocabulary, IReadOnlyList<HeadWidth> widest)
    {
        writer.Write("layer,head,position,distance,id,token,attention,top\n");
        foreach (HeadWidth width in widest)
        {
            foreach (AttentionTarget target in map.Targets)
            {
                bool[] top = target.Top(width.Layer, width.Head);
                for (int distance = 0; distance < top.Length; distance++)
                {
                    int id = target.Context[distance];
                    writer.Write(string.Create(
                        CultureInfo.InvariantCulture,
                        $"{width.Layer + 1},{width.Head + 1},{target.Position},{distance - target.After},{id},{Quoted(vocabulary.Describe(id))},{Number(target.Weights(width.Layer, width.Head)[distance])},{(top[distance] ? 1 : 0)}\n"));
                }
            }
        }
    }

    /// <summary>Each term of the score by head and distance: its mean, and its softmax alone.</summary>
    public static void Terms(TextWriter writer, AttentionMap map)
    {
        string[] letters = [.. map.Terms.Select(term => ((char)('a' + (int)term)).ToString())];
        writer.Write($"layer,head,distance,{string.Join(',', letters.Select(letter => $"score_{letter},alone_{letter}"))}\n");
        ForHeads(map, (layer, head) =>
        {
            (double[] Score, double[] Alone)[] terms = [.. map.Terms.Select(term => (map.Score(term, layer, head), map.Alone(term, layer, head)))];
            for (int distance = 0; distance < map.After + map.Positions; distance++)
            {
                writer.Write(string.Create(CultureInfo.InvariantCulture, $"{layer + 1},{head + 1},{distance - map.After}"));
                foreach ((double[] score, double[] alone) in terms)
                {
                    writer.Write($",{Number(score[distance])},{Number(alone[distance])}");
                }

                writer.Write('\n');
            }
        });
    }

    private static void ForHeads(AttentionMap map, Action<int, int> write)
    {
        for (int i = 0; i < map.Layers * map.Heads; i++)
        {
            write(i / map.Heads, i % map.Heads);
        }
    }

    private static string Number(double value) => double.IsFinite(value) ? value.ToString("G7", CultureInfo.InvariantCulture) : "";

    private static string Quoted(string text) => $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\"";
}
