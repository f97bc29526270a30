using TransformerXL.Files;

namespace TransformerXL.Interchange;

/// <summary>A tensor of a stored model.</summary>
/// <param name="Name">Its name in the reference.</param>
/// <param name="File">The file that holds it.</param>
/// <param name="Entry">Its entry in the file, with the file's name for it.</param>
internal sealed record StoredTensor(string Name, WeightFile File, WeightEntry Entry)
{
    /// <summary>The values as float32, last axis fastest.</summary>
    public float[] Read()
    {
        Require.That(Entry.Count <= Array.MaxLength, $"'{File.Path}': the tensor {Quoted} has {Entry.Count} elements; at most {Array.MaxLength} can be read");
        float[] values = new float[Entry.Count];
        File.ReadFloats(Entry.Name, values);
        return values;
    }

    /// <summary>The name in quotes, escaped for a message.</summary>
    public string Quoted => $"'{InputText.Show(Entry.Name)}'";
}
