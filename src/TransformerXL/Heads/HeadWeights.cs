using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;
using TransformerXL.Tensors.Memory;

namespace TransformerXL.Heads;

/// <summary>The weights of a head: <c>head.safetensors</c>.</summary>
internal static class HeadWeights
{
    public static void Save(string path, IReadOnlyList<Parameter> head) =>
        SafetensorsWriter.WriteSummed(path, [.. head.Select(parameter => ModelWeights.Item(parameter.Name, parameter.Value))], null);

    /// <summary>Parameters of the names and shapes in a file, without its values: of any head.</summary>
    /// <exception cref="InputException">The file is damaged.</exception>
    public static IReadOnlyList<Parameter> Like(string path)
    {
        using SafetensorsFile file = SafetensorsFile.Open(path);
        return [.. file.Entries.Select(entry => new Parameter(entry.Name, ShapeOf(path, entry)))];
    }

    /// <exception cref="InputException">The file is missing or damaged, or of another head.</exception>
    public static void Load(string path, TaskHead head) => Load(path, head.Parameters);

    /// <inheritdoc cref="Load(string, TaskHead)"/>
    public static void Load(string path, IReadOnlyList<Parameter> head)
    {
        Require.That(File.Exists(path), $"there is no {path}, which holds the weights of the head; if there is a copy of the file, put it back");
        using SafetensorsFile file = SafetensorsFile.Open(path);
        foreach (Parameter parameter in head)
        {
            ModelWeights.Read(file, parameter.Name, parameter.Value);
        }
    }

    private static Shape ShapeOf(string path, SafetensorsEntry entry)
    {
        Require.That(
            entry.Shape.Count is >= 1 and <= 4 && entry.Shape.All(length => length is >= 1 and <= int.MaxValue),
            $"{path}: the tensor '{entry.Name}' has shape ({string.Join(", ", entry.Shape)}), but the weights of a head have one to four axes; the file is damaged");
        int[] lengths = [.. entry.Shape.Select(length => (int)length)];
        return lengths.Length switch
        {
            1 => new Shape(lengths[0]),
            2 => new Shape(lengths[0], lengths[1]),
            3 => new Shape(lengths[0], lengths[1], lengths[2]),
            _ => new Shape(lengths[0], lengths[1], lengths[2], lengths[3]),
        };
    }
}
