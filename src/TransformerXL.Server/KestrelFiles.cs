using Microsoft.Extensions.Configuration;
using TransformerXL.Files;

namespace TransformerXL.Server;

/// <summary>Reads the configuration of Kestrel.</summary>
internal static class KestrelFiles
{
    /// <exception cref="InputException">The file cannot be read, is no JSON, or has no section <c>Kestrel</c>.</exception>
    public static void Add(ConfigurationManager configuration, string path)
    {
        RegularFile.Require(path);
        try
        {
            configuration.AddJsonFile(Path.GetFullPath(path), optional: false, reloadOnChange: false);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException or InvalidDataException or FormatException)
        {
            throw new InputException($"'{path}' is no configuration of Kestrel: {InputText.ShowMessage((exception.InnerException ?? exception).Message)}", exception);
        }

        if (!configuration.GetSection("Kestrel").Exists())
        {
            throw new InputException($"'{path}' has no section 'Kestrel'");
        }
    }
}
