using TransformerXL.Files;
using TransformerXL.Models;
using TransformerXL.Tensors.Autodiff;

namespace TransformerXL.Heads;

/// <summary>The weights of a head: <c>head.safetensors</c>.</summary>
internal static class HeadWeights
{
    public static void Save(string path, IReadOnlyList<Parameter> head) =>
        SafetensorsWriter.Write(path, [.. head.Select(parameter => ModelWeights.Item(parameter.Name, parameter.Value))], null);

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
}
